// The stage: plays, scrubs and drags what figure.js draws and replay.js decides. Nothing is sent to
// the server but a setting, once it is let go. Text is set as text, never as HTML.

const PASS = 700; // ms that a pass takes when it is played
const GLIDE = 220; // ms to a layer that was chosen

/** @param {HTMLElement} hall */
function makeStage(hall) {
  const root = hall.appendChild(part("div", "stage"));
  const machine = root.appendChild(part("div", "machine"));
  const sheet = machine.appendChild(part("div", "sheet"));
  const words = sheet.appendChild(part("p", "words"));
  const loop = machine.appendChild(document.createElementNS(SVG, "svg"));
  loop.setAttribute("class", "loop");
  const about = machine.appendChild(part("p", "about"));
  const depth = root.appendChild(part("div", "depth"));
  const svg = depth.appendChild(document.createElementNS(SVG, "svg"));
  for (const drawing of [loop, svg]) drawing.setAttribute("aria-hidden", "true");
  const scrub = depth.appendChild(part("div", "scrub"));
  const play = machine.appendChild(part("button", "play"));
  play.type = "button";
  const legend = root.insertBefore(part("p", "legend"), depth);
  const says = depth.appendChild(part("p", "says"));

  let data, rule, found, figure, turn, marks; // what is shown, and its drawing
  let tell = () => {};
  let looked = 1; // the layer that was chosen last
  let clock = 1; // passes done as drawn now, with the part of the one going on
  let glide = null; // {from, to, since}
  let playing = false;
  let holding = null; // the grip under the pointer
  let frame = 0;
  let last = 0;
  let release = 0;

  // -- the record and the rule ---------------------------------------------------------------------
  function show(next, send) {
    const same = data && JSON.stringify([data.words, data.probs]) === JSON.stringify([next.words, next.probs]);
    const looksElsewhere = !same || data.at !== next.at;
    [data, tell] = [next, send];
    if (!holding) rule = { ...next.rule };
    decide();
    if (looksElsewhere) looked = next.at;
    if (!same) {
      stop();
      clock = looked;
      fillWords();
    }
    build();
    watcher.observe(depth);
    if (!same && first() && !calm()) start();
    else if (looksElsewhere) look(looked);
  }

  function decide() {
    found = RULES[rule.kind] ? replay(rule, data.signals) : { exit: data.exit, checks: [] };
  }

  function fillWords() {
    words.textContent = "";
    for (const word of data.words) {
      if (/[\p{L}\p{N}]/u.test(word)) words.append(" "); // a comma stays with its word
      words.append(part("span", "", word));
    }
    if (data.left_out) words.append(" ", part("em", "", filled(data.texts.more, { count: data.left_out })));
    about.textContent = data.texts.layer;
    legend.textContent = "";
    for (const { name, sign, text } of data.labels) {
      legend.appendChild(part("span", "", `${sign} ${name}`)).style.color = text;
    }
  }

  function build() {
    const width = depth.clientWidth;
    if (!data || !width) return;
    sheet.classList.toggle("long", sheet.scrollHeight > sheet.clientHeight + 2);
    figure = depthFigure(svg, data, width);
    turn = loopFigure(loop, data.texts, data.probs.length);
    set(root, { role: "group", "aria-label": data.texts.stage });
    scrub.setAttribute("aria-label", data.texts.scrub);
    set(scrub, { "aria-valuemin": 0, "aria-valuemax": data.probs.length });
    const { left, cell, count } = figure.place;
    Object.assign(scrub.style, { left: `${left}px`, width: `${cell * count}px`, top: `${STRIPS[0][0]}px`, height: `${STRIPS[2][1] - STRIPS[0][0]}px` });
    redraw();
  }

  function redraw() {
    marks = figure.rule(rule);
    figure.leave(found.exit);
    draw();
  }

  function draw() {
    const spec = RULES[rule.kind]?.run;
    const run = spec ? { run: found.checks[spec.check].value, needed: rule[spec.setting], more: spec.more } : { run: null };
    const layer = figure.moment(clock, found.exit, run, playing);
    turn(clock);
    const reads = data.reads?.[layer - 1];
    [...words.children].forEach((word, i) => word.style.setProperty("--read", reads?.[i] ?? 0));
    const text = sayOf(layer);
    if (says.textContent !== text) says.textContent = text;
    set(scrub, { "aria-valuenow": layer, "aria-valuetext": text });
    const { texts } = data;
    play.textContent = playing ? texts.pause : layer >= found.exit ? texts.replay : texts.play;
    placeGrips(layer);
  }

  /** What is said at a layer; what a rule that is being moved would do. */
  function sayOf(layer) {
    const moved = Object.keys(data.settings).find((name) => rule[name] !== data.rule[name]);
    if (moved) return outcome(moved);
    return layer ? data.says[layer - 1] : data.texts.before;
  }

  function outcome(name) {
    const { texts, labels, settings, sure, probs } = data;
    const label = labels[data.signals.label[found.exit - 1]].name;
    const full = found.exit === probs.length;
    const where = full ? filled(texts.full, { layers: probs.length }) : filled(texts.leaves, { layer: found.exit });
    const value = written(rule[name], settings[name]);
    return filled(texts.live, { setting: settings[name].label, value, label, sure: sure[found.exit - 1], depth: where });
  }

  // -- looking and playing -------------------------------------------------------------------------
  function look(layer) {
    stop();
    looked = Math.min(Math.max(layer, 0), data.probs.length);
    travel(looked);
  }

  function travel(to) {
    if (clock === to) return draw();
    if (calm()) {
      clock = to;
      return draw();
    }
    glide = { from: clock, to, since: performance.now() };
    ask();
  }

  function start() {
    glide = null;
    playing = true;
    if (clock >= found.exit) clock = 0;
    last = performance.now();
    draw();
    ask();
  }

  function stop() {
    playing = false;
    glide = null;
    cancelAnimationFrame(frame);
    frame = 0;
  }

  function ask() {
    frame ||= requestAnimationFrame(tick);
  }

  function tick(now) {
    frame = 0;
    if (glide) {
      const part = Math.min(Math.max(now - glide.since, 0) / GLIDE, 1); // a frame may be older
      clock = glide.from + (glide.to - glide.from) * (1 - (1 - part) ** 3);
      if (part >= 1) [clock, glide] = [glide.to, null];
      else ask();
    } else if (playing) {
      const step = Math.max(now - last, 0) / PASS;
      last = now;
      clock = Math.min(clock + step, found.exit);
      if (clock >= found.exit) {
        playing = false;
        looked = found.exit;
      } else ask();
    }
    draw();
  }

  play.onclick = () => {
    if (!playing) return start();
    stop();
    look(Math.floor(clock));
  };

  set(scrub, { role: "slider", tabindex: 0 });
  const layerAt = (event) => figure.place.layer(event.clientX - depth.getBoundingClientRect().left);
  scrub.onpointerdown = (event) => {
    scrub.setPointerCapture(event.pointerId);
    scrub.focus({ preventScroll: true });
    look(layerAt(event));
  };
  scrub.onpointermove = (event) => {
    if (event.buttons) look(layerAt(event));
    else if (event.pointerType === "mouse" && !playing) travel(layerAt(event));
  };
  scrub.onpointerleave = () => {
    if (!playing) travel(looked);
  };
  keys(scrub, () => looked, () => [0, data.probs.length, 1], look);

  /** Arrow keys and their like move a slider; the page does not hear of them. */
  function keys(node, value, range, move) {
    node.onkeydown = (event) => {
      const [low, high, step] = range();
      const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 4, PageDown: -4 }[event.key];
      const to = { Home: low, End: high }[event.key] ?? (by && value() + by * step);
      if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      move(Math.min(Math.max(to, low), high));
    };
  }

  // -- bounds that can be dragged ------------------------------------------------------------------
  const grips = {
    line: makeGrip("line", (event) => {
      const y = event.clientY - depth.getBoundingClientRect().top;
      const [top, low] = marks.strip;
      return (marks.high * (low - y)) / (low - top);
    }),
    run: makeGrip("window", (event, from) => {
      const { left, cell } = figure.place;
      const edge = Math.round((event.clientX - depth.getBoundingClientRect().left - left) / cell);
      return from - edge - RULES[rule.kind].run.more;
    }),
    door: makeGrip("exit-grip", layerAt),
  };

  function makeGrip(name, read) {
    const node = depth.appendChild(part("div", `grip ${name}`));
    set(node, { role: "slider", tabindex: 0, "aria-orientation": name === "line" ? "vertical" : "horizontal" });
    const grip = { node, setting: "" };
    const limits = () => data.settings[grip.setting];
    node.onpointerdown = (event) => {
      node.setPointerCapture(event.pointerId);
      stop();
      clearTimeout(release);
      holding = { grip, from: looked };
      clock = looked;
      event.preventDefault();
      node.focus({ preventScroll: true });
    };
    node.onpointermove = (event) => {
      if (holding?.grip === grip) move(grip, read(event, holding.from), name !== "window");
    };
    node.onpointerup = node.onpointercancel = () => {
      if (holding?.grip !== grip) return;
      holding = null;
      if (looked !== found.exit && changed(grip)) look(found.exit);
      commit(grip);
    };
    keys(
      node,
      () => rule[grip.setting],
      () => [limits().low, limits().high, limits().step],
      (value) => {
        stop();
        move(grip, value, true);
        clearTimeout(release);
        release = setTimeout(() => commit(grip), 400); // a key that is held is one choice
      },
    );
    node.onblur = () => commit(grip);
    return grip;
  }

  function changed(grip) {
    return grip.setting && rule[grip.setting] !== data.rule[grip.setting];
  }

  function move(grip, wanted, follow) {
    const { low, high, step } = data.settings[grip.setting];
    const snapped = Number((Math.round(wanted / step) * step).toFixed(6));
    rule[grip.setting] = Math.min(Math.max(snapped, low), high);
    decide();
    if (follow) looked = clock = found.exit;
    redraw();
  }

  function commit(grip) {
    clearTimeout(release);
    if (changed(grip)) tell({ kind: rule.kind, name: grip.setting, value: rule[grip.setting] });
  }

  function placeGrips(layer) {
    const spec = RULES[rule.kind] ?? {};
    const { left, cell, end } = figure.place;
    const span = spec.run && rule[spec.run.setting] + spec.run.more;
    const at = {
      line: { top: marks.line },
      run: { left: Math.max(left + (layer - span) * cell, left), top: Y.window + 5 },
      door: { left: Math.min(left + found.exit * cell, end), top: (Y.meter[0] + Y.meter[1]) / 2 },
    };
    for (const [name, grip] of Object.entries(grips)) {
      const setting = spec[name]?.setting;
      const limits = data.settings[setting];
      grip.node.hidden = playing || !limits || (name === "run" && layer === 0);
      if (grip.node.hidden) continue;
      grip.setting = setting;
      const value = written(rule[setting], limits);
      grip.node.textContent = name === "line" ? value : "";
      for (const [side, pixels] of Object.entries(at[name])) grip.node.style[side] = `${pixels}px`;
      grip.node.title = limits.label;
      set(grip.node, {
        "aria-label": filled(data.texts.grip, { setting: limits.label }),
        "aria-valuemin": limits.low,
        "aria-valuemax": limits.high,
        "aria-valuenow": value,
        "aria-valuetext": outcome(setting),
      });
    }
  }

  const watcher = new ResizeObserver(() => {
    if (depth.clientWidth !== figure?.place.width) build();
  });
  return { show, rest: () => (stop(), watcher.disconnect()) };
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const hall = parentElement.querySelector(".hall");
  try {
    hall.hidden = false;
    hall.stage ??= makeStage(hall); // on new data this function is called again on the same page
    hall.stage.show(data, (moved) => setTriggerValue("moved", moved));
  } catch (error) {
    hall.hidden = true; // the figures below say the same
    console.error(error);
  }
  return () => hall.stage?.rest();
}
