// Draws and plays the race that app/shared/race.py describes. Everything runs in the browser: no
// message is sent to the server. Text is set as text, never as HTML.

const PLAIN = "http://www.w3.org/2000/svg";
const LEFT = 30; // where the other figures' depth axis begins
const LINES = [8, 84]; // pixels of the probabilities 1 and 0
const TOP = [134, 194];
const CELL = 26;
const HEIGHT = 256;

function shape(name, attributes, text) {
  const node = document.createElementNS(PLAIN, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

function button(text, act) {
  const node = document.createElement("button");
  node.type = "button";
  node.textContent = text;
  node.addEventListener("click", act);
  return node;
}

export default function (component) {
  const { data, parentElement } = component;
  const root = parentElement.querySelector(".race");
  const { layers, words, colours } = data;
  const count = layers.length;
  let clock = data.end;
  let playing = false;
  let last = 0;
  let frame = 0;

  root.textContent = "";
  root.style.color = colours.ink;
  const figure = shape("svg", { width: "100%", height: HEIGHT, "aria-hidden": "true" });
  const bar = document.createElement("div");
  bar.className = "bar";
  const said = document.createElement("p");
  said.className = "said";
  said.setAttribute("role", "status");
  const time = document.createElement("p");
  time.className = "time";
  root.append(figure, bar, time, said);

  const play = button(words.play, toggle);
  const back = button("‹", () => step(-1));
  back.setAttribute("aria-label", words.back);
  back.title = words.back;
  const on = button("›", () => step(1));
  on.setAttribute("aria-label", words.on);
  on.title = words.on;
  const slider = document.createElement("input");
  slider.type = "range";
  slider.min = 0;
  slider.max = data.end;
  slider.step = data.end / 400;
  slider.setAttribute("aria-label", words.slider);
  slider.addEventListener("input", () => {
    stop();
    clock = Number(slider.value);
    draw();
  });
  bar.append(play, back, on, slider);

  function begins(layer) {
    return layer === 0 ? data.start : layers[layer - 1].end;
  }

  function write(text, x, y, more) {
    figure.append(shape("text", { x, y, fill: colours.muted, "font-size": 12, ...more }, text));
  }

  function curves(width) {
    const cell = width / count;
    const height = (p) => LINES[1] - p * (LINES[1] - LINES[0]);
    for (const [p, text] of [[1, "1"], [0.5, "½"], [0, "0"]]) {
      const y = height(p);
      const dash = p === 0.5 ? { "stroke-dasharray": "3 3" } : {};
      figure.append(shape("line", { x1: LEFT, x2: LEFT + width, y1: y, y2: y, stroke: colours.faint, ...dash }));
      write(text, LEFT - 8, y + 4, { "text-anchor": "end", "font-size": 11 });
    }
    const read = finished(count);
    if (read) {
      const x = LEFT + (read - 1) * cell;
      const box = { x, y: LINES[0] - 6, width: cell, height: TOP[1] + CELL - LINES[0] + 10, rx: 3 };
      figure.append(shape("rect", { ...box, fill: colours.cursor, opacity: 0.22 }));
    }
    data.labels.forEach((label, index) => {
      const points = layers.slice(0, read).map((layer, number) => [LEFT + (number + 0.5) * cell, height(layer.probs[index])]);
      figure.append(
        shape("polyline", { points: points.join(" "), fill: "none", stroke: label.colour, "stroke-width": 2.5 }),
      );
      points.forEach(([x, y]) => write(label.sign, x, y + 4, { fill: label.colour, "text-anchor": "middle", "font-size": 11 }));
      write(`${label.sign} ${label.name}`, LEFT + 110 * index, LINES[1] + 16, { fill: label.text, "font-weight": 600 });
    });
  }

  // layers finished at a time, of a run with so many layers
  function finished(limit) {
    let done = 0;
    while (done < limit && layers[done].end <= clock + 1e-6) done += 1;
    return done;
  }

  function lane(row, limit, name, doneText, width) {
    const cell = width / count;
    const done = finished(limit);
    figure.append(
      shape("text", { x: LEFT, y: TOP[row] - 8, fill: colours.muted, "font-size": 13, "font-weight": 600 }, name),
    );
    if (done === limit) {
      figure.append(
        shape(
          "text",
          { x: LEFT + width, y: TOP[row] - 8, fill: colours.ink, "font-size": 13, "font-weight": 600, "text-anchor": "end" },
          `${doneText}, ${layers[limit - 1].end.toFixed(1)} ms`,
        ),
      );
    }
    layers.forEach((layer, index) => {
      const box = { x: LEFT + index * cell + 1.5, y: TOP[row], width: cell - 3, height: CELL, rx: 3 };
      figure.append(shape("rect", { ...box, fill: "none", stroke: colours.faint }));
      if (index >= limit) return;
      const length = layer.end - begins(index);
      const part = length > 0 ? Math.min(Math.max((clock - begins(index)) / length, 0), 1) : Number(clock >= layer.end);
      if (part > 0) {
        const fill = index < done ? layer.fill : colours.cursor;
        figure.append(shape("rect", { ...box, width: (cell - 3) * (index < done ? 1 : part), fill }));
      }
      if (index < done) {
        figure.append(
          shape(
            "text",
            { x: LEFT + (index + 0.5) * cell, y: TOP[row] + 17, fill: layer.ink, "font-size": 12, "text-anchor": "middle" },
            layer.sign,
          ),
        );
      }
      if (row === 1) {
        figure.append(
          shape(
            "text",
            { x: LEFT + (index + 0.5) * cell, y: HEIGHT - 18, fill: colours.muted, "font-size": 11, "text-anchor": "middle" },
            String(index + 1),
          ),
        );
      }
    });
    if (done === limit) {
      const x = LEFT + limit * cell;
      figure.append(
        shape("line", { x1: x, x2: x, y1: TOP[row] - 4, y2: TOP[row] + CELL + 4, stroke: colours.ink, "stroke-width": 3 }),
      );
    }
  }

  function draw() {
    const width = (root.clientWidth || 320) - LEFT - 2;
    figure.textContent = "";
    curves(width);
    lane(0, data.exit, words.stops, words.done, width);
    lane(1, count, words.full, words.fullDone, width);
    write(words.axis, LEFT + width / 2, HEIGHT - 2, { "text-anchor": "middle" });
    said.style.visibility = playing ? "hidden" : "visible";
    slider.value = clock;
    slider.setAttribute("aria-valuetext", `${clock.toFixed(1)} ms`);
    time.textContent = `${clock.toFixed(1)} ms. ${words.clock}`;
    play.textContent = playing ? words.pause : clock >= data.end ? words.again : words.play;
    if (!playing) tell();
  }

  function tell() {
    const stops = finished(data.exit);
    const full = finished(count);
    const of = (done) => (done ? `${words.layer} ${done}, ${layers[done - 1].says}` : `${words.layer} 0`);
    const text = `${words.stops}: ${of(stops)}. ${words.full}: ${of(full)}.`;
    if (said.textContent !== text) said.textContent = text;
  }

  function toggle() {
    if (playing) {
      stop();
    } else {
      if (clock >= data.end) clock = 0;
      playing = true;
      last = performance.now();
      frame = requestAnimationFrame(tick);
    }
    draw();
  }

  function stop() {
    playing = false;
    cancelAnimationFrame(frame);
  }

  function tick(now) {
    clock = Math.min(clock + (now - last) / data.slowed, data.end);
    last = now;
    if (clock >= data.end) stop();
    else frame = requestAnimationFrame(tick);
    draw();
  }

  function step(direction) {
    stop();
    const marks = [0, ...layers.map((layer) => layer.end)];
    const next =
      direction > 0 ? marks.find((mark) => mark > clock + 1e-6) : marks.findLast((mark) => mark < clock - 1e-6);
    clock = next ?? (direction > 0 ? data.end : 0);
    draw();
  }

  const watcher = new ResizeObserver(draw);
  watcher.observe(root);
  draw();
  return () => {
    stop();
    watcher.disconnect();
  };
}
