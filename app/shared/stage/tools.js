// What the stage is made with: elements, numbers in words, and what the browser prefers.

const SVG = "http://www.w3.org/2000/svg";
const SEEN = "elbert.stage.seen"; // kept in the browser: whether the stage has played by itself

/**
 * @param {string} name
 * @param {Record<string, string|number>} attributes
 * @param {string} [text] set as text, never as markup
 */
function shape(name, attributes = {}, text) {
  const node = document.createElementNS(SVG, name);
  set(node, attributes);
  if (text !== undefined) node.textContent = text;
  return node;
}

/** @param {Element} node @param {Record<string, string|number>} attributes */
function set(node, attributes) {
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
}

/** @param {string} text @param {Record<string, unknown>} places */
function filled(text, places) {
  return text.replace(/\{(\w+)\}/g, (_, name) => String(places[name]));
}

/** Whole per cent, but nothing looks certain or impossible that is not. @param {number} p */
function percent(p) {
  if (p >= 0.9995) return p < 1 ? ">99.9 %" : "100 %";
  if (p >= 0.995) return `${(100 * p).toFixed(1)} %`;
  return p > 0 && p < 0.005 ? "<1 %" : `${Math.round(100 * p)} %`;
}

/** The smallest of 1, 2, 5, 10, … (or 0.5, 0.2, …) that is not under a value. @param {number} value */
function niceCeiling(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((f) => f * power).find((high) => value <= high * (1 + 1e-9));
}

/** Heights pushed at least `gap` apart, none under `low`, their order kept. */
function spread(heights, gap, low) {
  const order = heights.map((_, i) => i).sort((a, b) => heights[a] - heights[b]);
  const apart = [...heights];
  order.forEach((i, rank) => {
    if (rank) apart[i] = Math.max(apart[i], apart[order[rank - 1]] + gap);
  });
  let limit = low;
  for (const i of order.reverse()) {
    apart[i] = Math.min(apart[i], limit);
    limit = apart[i] - gap;
  }
  return apart;
}

/** @param {string} name @param {string} className @param {string} [text] */
function part(name, className, text) {
  const node = document.createElement(name);
  node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** Whether this is the first time, which it is only once. */
function first() {
  try {
    const before = localStorage.getItem(SEEN);
    localStorage.setItem(SEEN, "1");
    return before === null;
  } catch {
    return false; // no storage: then it does not play unasked
  }
}

/** @param {number} value @param {{step: number}} limits */
function written(value, { step }) {
  const usual = (String(step).split(".")[1] ?? "").length;
  const decimals = Math.max(usual, Math.min((String(value).split(".")[1] ?? "").length, 4));
  return value.toFixed(decimals);
}
