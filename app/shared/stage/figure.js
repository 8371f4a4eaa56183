// Draws the stage: the loop of the one layer, and what each pass left behind along depth. Pure in
// that it only makes and moves SVG; what is looked at and what is dragged is stage.js's business.

/** Heights in pixels from the top of the depth panel. */
const Y = { flag: [19, 45], probs: [52, 118], meter: [147, 185], cells: [212, 241], window: 247, end: 266 };

/** What stands between the titles, from top to bottom: marks cross these strips and no title. */
const STRIPS = [
  [Y.probs[0] - 5, Y.probs[1] + 5],
  [Y.meter[0] - 5, Y.meter[1] + 3],
  [Y.cells[0] - 3, Y.window + 8],
];
const boxes = (x, width) => STRIPS.map(([top, low]) => `M${x} ${top}h${width}V${low}h${-width}Z`).join("");

/** Where everything lies on the depth panel of a width. */
function placesOf(data, width) {
  const narrow = width < 480;
  const longest = Math.max(...data.labels.map((label) => Math.min(label.name.length, 12)));
  const [left, right] = narrow ? [40, 86] : [44, Math.max(82 + longest * 8, 112)];
  const count = data.probs.length;
  const cell = (width - left - right) / count;
  return {
    narrow,
    left,
    count,
    cell,
    width,
    end: left + cell * count,
    /** centre of a layer, 1..count */
    x: (layer) => left + (layer - 0.5) * cell,
    /** layer under a place */
    layer: (x) => Math.min(Math.max(Math.ceil((x - left) / cell), 1), count),
    y: ([top, low], share) => low - Math.min(Math.max(share, 0), 1) * (low - top),
  };
}

/** Which signal the second strip shows, and the value at its top. */
function meterOf(data, rule) {
  const line = RULES[rule.kind]?.line?.of(rule);
  const of = line && line !== "confidence" ? line : "entropy";
  const values = data.signals[of].map((value) => value ?? Infinity);
  const known = values.filter(Number.isFinite);
  const needed = line === of ? data.rule[RULES[rule.kind].line.setting] : 0;
  const fixed = { entropy: 1, entropy_nats: Math.log(data.labels.length) }[of];
  return { of, values, high: fixed ?? niceCeiling(Math.max(...known, needed)) };
}

/**
 * Builds the depth panel once; what it returns moves it.
 * @param {SVGElement} svg
 * @param {object} data what the server sent
 * @param {number} width pixels
 */
function depthFigure(svg, data, width) {
  const place = placesOf(data, width);
  const { x, y, cell, left, end, count, narrow } = place;
  const { labels, probs, texts } = data;
  const labelled = data.signals.label;
  svg.textContent = "";
  set(svg, { width, height: Y.end, viewBox: `0 0 ${width} ${Y.end}` });
  const add = (name, attributes, text, to = svg) => to.appendChild(shape(name, attributes, text));

  const band = add("path", { class: "band" });
  const ticks = [0, 0.5, 1].map((share) => {
    const at = y(Y.probs, share);
    add("line", { class: share === 0.5 ? "grid half" : "grid", x1: left, x2: end, y1: at, y2: at });
    return add("text", { class: "tick", x: left - 6, y: at + 4, "text-anchor": "end" }, `${share * 100} %`);
  });
  add("line", { class: "grid", x1: left, x2: end, y1: Y.meter[1], y2: Y.meter[1] });
  add("text", { class: "title", x: left, y: 12 }, texts.labels);
  const meterTitle = add("text", { class: "title", x: left, y: STRIPS[1][0] - 5 });
  add("text", { class: "title", x: left, y: STRIPS[2][0] - 5 }, texts.leads);

  // the way of each label's probability: faint to the end, strong up to the layer looked at
  const clip = add("clipPath", { id: "read" });
  const shown = add("rect", { x: 0, y: 0, height: Y.end, width: 0 }, undefined, clip);
  const ghost = add("g", { class: "ghost" });
  const strong = add("g", { "clip-path": "url(#read)" });
  labels.forEach((label, i) => {
    const points = probs.map((row, layer) => `${x(layer + 1)},${y(Y.probs, row[i])}`).join(" ");
    for (const group of [ghost, strong]) {
      add("polyline", { points, class: "way", stroke: label.colour }, undefined, group);
      if (cell < 18) continue;
      probs.forEach((row, layer) =>
        add("circle", { cx: x(layer + 1), cy: y(Y.probs, row[i]), r: 3.5, fill: label.colour }, undefined, group),
      );
    }
  });

  const bars = probs.map((_, layer) =>
    add("rect", { x: x(layer + 1) - cell * 0.3, width: cell * 0.6, rx: 1.5 }),
  );
  const cells = labelled.map((label, layer) => {
    const group = add("g", { class: "cell" });
    const box = { x: x(layer + 1) - cell / 2 + 1.5, width: cell - 3, y: Y.cells[0], height: Y.cells[1] - Y.cells[0], rx: 4 };
    add("rect", { ...box, fill: labels[label].colour }, undefined, group);
    const middle = { x: x(layer + 1), fill: labels[label].ink, "text-anchor": "middle" };
    if (cell >= 15) {
      add("text", { ...middle, y: Y.cells[0] + 12, class: "sign" }, labels[label].sign, group);
      const crowded = cell < 17 && layer % 2 === 0; // every second number has room
      if (!crowded) add("text", { ...middle, y: Y.cells[0] + 25, class: "number" }, layer + 1, group);
    }
    return group;
  });
  const filling = probs.map((_, layer) =>
    add("rect", { x: x(layer + 1) - cell / 2 + 1.5, width: cell - 3, y: Y.window, height: 5, rx: 2.5 }),
  );
  const bracket = add("path", { class: "bracket" });
  const seen = add("text", { class: "seen", x: end + 10, y: Y.window + 8 });

  const veil = add("path", { class: "veil" });
  const frame = add("path", { class: "frame" });
  const line = add("line", { class: "bound", x1: left, x2: end });
  const exit = add("path", { class: "exit" });
  const door = add("g", { class: "door" });
  const light = add("path", { class: "light" }, undefined, door);
  add("path", { class: "jamb", d: "M0 26V1H16V26" }, undefined, door);
  const leaf = add("path", { class: "leaf" }, undefined, door);
  const knob = add("circle", { class: "knob", r: 1.6 }, undefined, door);
  const flag = add("text", { class: "flag", y: Y.flag[1] - 9 });
  const unneeded = add("text", { class: "unneeded", x: end, y: STRIPS[2][0] - 5, "text-anchor": "end" }, texts.unneeded);
  const value = add("text", { class: "seen", x: end + 10, y: (Y.meter[0] + Y.meter[1]) / 2 + 5 });
  const tags = labels.map((label) => add("text", { class: "tag", x: end + 10, fill: label.text }));

  let meter = meterOf(data, data.rule);

  /** The second strip and the bound on it or on the first: what depends on the rule alone. */
  function rule(now) {
    const spec = RULES[now.kind] ?? {};
    meter = meterOf(data, now);
    meterTitle.textContent = texts[meter.of];
    bars.forEach((bar, layer) => {
      const top = y(Y.meter, meter.values[layer] / meter.high);
      const sure = spec.line?.of(now) === meter.of && meter.values[layer] < Math.fround(now[spec.line.setting]);
      set(bar, { y: Math.min(top, Y.meter[1] - 1), height: Math.max(Y.meter[1] - top, 1), class: sure ? "bar sure" : "bar" });
    });
    const bound = spec.line && now[spec.line.setting];
    const high = spec.line?.of(now) === "confidence" ? 1 : meter.high;
    const strip = spec.line?.of(now) === "confidence" ? Y.probs : Y.meter;
    const at = spec.line ? y(strip, bound / high) : null;
    line.style.display = spec.line ? "" : "none";
    if (at !== null) set(line, { y1: at, y2: at });
    for (const tick of ticks) {
      const hidden = strip === Y.probs && Math.abs(Number(tick.getAttribute("y")) - 4 - at) < 18;
      tick.style.display = hidden ? "none" : ""; // the bound's own number stands there
    }
    return { line: at, strip, high };
  }

  /** The door stands after the layer where it leaves. */
  function leave(layer) {
    const at = left + layer * cell;
    set(exit, { d: STRIPS.map(([top, low], i) => `M${at} ${i ? top : Y.flag[1]}V${low}`).join("") });
    set(veil, { d: boxes(at, end - at + 2) });
    const before = at > width / 2;
    set(door, { transform: `translate(${before ? at - 16 : at} ${Y.flag[0]})` });
    const says = layer === count ? filled(texts.full, { layers: count }) : filled(texts.leaves, { layer });
    const label = labels[labelled[layer - 1]];
    flag.textContent = narrow ? says : `: ${says}`;
    if (!narrow) {
      const name = shape("tspan", { fill: label.text }, `${label.sign} ${label.name}`);
      flag.prepend(name);
    }
    set(flag, { x: before ? at - 24 : at + 24, "text-anchor": before ? "end" : "start" });
    unneeded.style.display = end - at > 90 && at - left > 70 ? "" : "none";
    set(light, { d: "M1 26V2H15V26Z", fill: label.colour });
    door.setAttribute("data-side", before ? "left" : "right");
  }

  /**
   * What a moment of the way shows.
   * @param {number} clock passes done, with the part of the one going on
   * @param {number} exitLayer
   * @param {{run: number[]|null, needed?: number, more?: number}} window the run after each layer and
   *   what it is to reach, if the rule waits for one; it spans `more` layers than it counts
   * @param {boolean} moving whether what comes is still hidden
   */
  function moment(clock, exitLayer, window, moving) {
    const layer = Math.floor(clock + 1e-6);
    set(shown, { width: clock <= 0 ? 0 : Math.max(x(clock) + (clock >= 1 && cell >= 18 ? 5 : 1), 0) });
    ghost.style.opacity = moving ? 0 : "";
    for (const one of [band, frame]) {
      set(one, { d: boxes(x(Math.max(layer, 1)) - cell / 2, cell) });
      one.style.display = layer ? "" : "none";
    }
    bars.forEach((bar, i) => (bar.style.opacity = i < layer ? 1 : moving ? 0.08 : 0.5));
    cells.forEach((cellNode, i) => (cellNode.style.opacity = i < layer ? 1 : moving ? 0.06 : 0.45));
    const open = clock >= exitLayer - 1e-6;
    svg.classList.toggle("open", open);
    svg.classList.toggle("playing", moving && !open);
    const [from, to] = door.getAttribute("data-side") === "left" ? [16, 0] : [0, 16];
    const swing = open ? from + (to - from) * 0.38 : to;
    set(leaf, { d: `M${from} 1L${swing} ${open ? 5 : 1}V${open ? 31 : 26}L${from} 26Z` });
    set(knob, { cx: swing + (swing < from ? 3 : -3), cy: open ? 18 : 14 });
    const measured = meter.values[Math.max(layer, 1) - 1];
    value.textContent = layer && Number.isFinite(measured) ? measured.toFixed(meter.high < 0.2 ? 3 : 2) : "";
    heights(clock, layer);
    fill(layer, window);
    return layer;
  }

  /** Names and numbers at the right ride with the curves. */
  function heights(clock, layer) {
    const one = probs[Math.max(layer, 1) - 1];
    const next = probs[Math.min(layer, count - 1)];
    const part = layer ? clock - layer : 0;
    const now = one.map((p, i) => p + (next[i] - p) * part);
    const at = spread(now.map((p) => y(Y.probs, p)), 15, Y.probs[1] + 2);
    const lead = now.indexOf(Math.max(...now));
    tags.forEach((tag, i) => {
      const name = labels[i].name.slice(0, 12);
      const text = layer ? ` ${percent(now[i])}` : "";
      tag.textContent = `${labels[i].sign} ${narrow ? "" : name}${text}`;
      set(tag, { y: at[i] + 5, "font-weight": i === lead && layer ? 750 : 500 });
    });
  }

  /** The window reaches back from the layer looked at and is filled by the run. */
  function fill(layer, { run, needed, more }) {
    const needs = run !== null && layer > 0;
    const seenNow = needs ? Math.min(run[layer - 1], needed) : 0;
    const size = needed + more;
    const counted = seenNow ? seenNow + more : 0;
    filling.forEach((box, i) => {
      const inside = needs && i < layer && i >= layer - size;
      box.style.display = inside ? "" : "none";
      set(box, { class: i >= layer - counted ? "slot full" : "slot" });
    });
    bracket.style.display = needs ? "" : "none";
    seen.textContent = needs ? filled(texts.window, { seen: seenNow, needed }) : "";
    if (!needs) return;
    const [from, to] = [Math.max(left + (layer - size) * cell, left) + 2, left + layer * cell - 2];
    set(bracket, { d: `M${from} ${Y.window + 11}H${to}v-4` });
  }

  return { place, rule, leave, moment };
}

/**
 * The one layer and its loop: a strand for each pass, and a dot on the pass going on.
 * @param {SVGElement} svg
 * @param {object} texts
 * @param {number} count layers
 */
function loopFigure(svg, texts, count) {
  svg.textContent = "";
  set(svg, { viewBox: "0 0 176 124" });
  const add = (name, attributes, text) => svg.appendChild(shape(name, attributes, text));
  const step = Math.min(24 / count, 2.4);
  const strands = Array.from({ length: count }, (_, i) => {
    const out = 8 + (count - 1 - i) * step;
    // out of the layer's foot, around its left side and into its head
    const [top, low] = [14 - (i + 1) * step * 0.35, 106 + (i + 1) * step * 0.35];
    const d = `M92 88V${low - 8}q0 8 -8 8H${out + 14}q-14 0 -14 -14V${top + 14}q0 -14 14 -14H84q8 0 8 8V32`;
    return add("path", { class: "strand", d });
  });
  const arrow = add("path", { class: "arrow", d: "M86 24L92 31L98 24" });
  add("path", { class: "arrow in", d: "M142 0V31M136 24L142 31L148 24" });
  add("path", { class: "arrow out", d: "M169 61H192M186 55L192 61L186 67" });
  add("rect", { class: "layer", x: 40, y: 34, width: 128, height: 54, rx: 10 });
  add("text", { x: 104, y: 48, "text-anchor": "middle" }, texts.pass);
  const number = add("text", { class: "pass", x: 104, y: 79, "text-anchor": "middle" });
  const dot = add("circle", { class: "dot", r: 6 });

  /** @param {number} clock passes done, with the part of the one going on */
  return function turn(clock) {
    const layer = Math.floor(clock + 1e-6);
    const part = clock - layer;
    const now = Math.min(part > 1e-3 ? layer + 1 : layer, count);
    strands.forEach((strand, i) => {
      strand.style.display = i < now ? "" : "none";
      strand.classList.toggle("last", i === now - 1);
    });
    number.textContent = String(now);
    arrow.style.display = now ? "" : "none";
    dot.style.display = part > 1e-3 ? "" : "none";
    if (part > 1e-3) {
      const at = strands[now - 1].getPointAtLength(part * strands[now - 1].getTotalLength());
      set(dot, { cx: at.x, cy: at.y });
    }
  };
}
