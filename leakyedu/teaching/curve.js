// A curve to draw, and the shape of what was drawn. It needs a page with SVG, and knows no notebook and no kernel.
//
// drawCurve({value, unit, at, names, axis, start}, changed) gives {element, handles, put(values), reveal(values)}: a handle at each
// place of `at`, moved by mouse, finger and keys, one by one or by a stroke; `changed` gets all values, as numbers, whenever one was moved.
// reveal(values) puts a dot at each place, where the truth is.
// shapeOf(rule, values) judges as `nearest` of shapes.py does, by the same rule.

const WIDE = 400;
const HIGH = 250;
const EDGE = { left: 74, right: 18, top: 46, bottom: 50 }; // with room for the large type of a wall

function shapeOf(rule, values) {
  const away = (curve, stretch) => {
    let [total, worst] = [0, 0];
    curve.forEach((truth, n) => {
      const off = Math.abs(values[n] - (rule.start + stretch * (truth - rule.start))) / rule.height;
      total += off * off;
      worst = Math.max(worst, off);
    });
    const left = Math.max(0, worst - rule.slip);
    return (total - worst * worst + left * left) / curve.length;
  };
  let [found, least] = [null, rule.near];
  for (const [name, ways] of Object.entries(rule.curves))
    for (const curve of ways)
      for (const stretch of rule.stretches) {
        const distance = away(curve, stretch);
        if (distance < least) [found, least] = [name, distance];
      }
  return found && rule.rival.length && away(rule.rival, 1) < least ? null : found;
}

function drawCurve({ value, unit, at, names, axis, start }, changed) {
  const [low, high] = axis;
  const [first, last] = [Math.min(start[0], ...at), Math.max(...at)];
  const tick = roundStep((high - low) / 6);
  const step = roundStep((high - low) / 100); // of a key, and of what a hand can mean
  const digits = Math.max(0, Math.ceil(-Math.log10(step)));
  const x = (place) => EDGE.left + ((place - first) / (last - first)) * (WIDE - EDGE.left - EDGE.right);
  const y = (number) => HIGH - EDGE.bottom - ((number - low) / (high - low)) * (HIGH - EDGE.top - EDGE.bottom);
  const inside = (number) => Math.min(high, Math.max(low, number));
  const rounded = (number) => Number(inside(Math.round(number / step) * step).toFixed(digits));
  const of = (names[0].match(/\(([^()]+)\)$/) ?? ["", ""])[1];

  const element = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, class: "leakyedu-curve", role: "group" });
  element.setAttribute("aria-label", `Draw your prediction: ${names[1]} over ${names[0]}`);
  const paper = svg("rect", { x: 0.5, y: 0.5, width: WIDE - 1, height: HIGH - 1, fill: "white", stroke: "#737373" });
  const frame = svg("g", { "aria-hidden": "true", fill: "#262626", "font-size": 14 });
  const grid = svg("path", { fill: "none", stroke: "#D9D9D9" });
  const lines = [];
  for (let n = Math.ceil(low / tick - 1e-9); n * tick <= high + 1e-9 * tick; n += 1) {
    lines.push(`M${EDGE.left} ${y(n * tick)}H${WIDE - EDGE.right}`);
    frame.append(mark(EDGE.left - 6, y(n * tick) + 4, Number((n * tick).toFixed(digits)), "end"));
  }
  let free = -Infinity; // left of it stands another number, in the large type of a wall
  for (const place of new Set([start[0], ...at])) {
    lines.push(`M${x(place)} ${EDGE.top}V${HIGH - EDGE.bottom}`);
    const half = 6.5 * String(place).length;
    if (x(place) - half < free) continue;
    free = x(place) + half + 4;
    frame.append(mark(x(place), HIGH - EDGE.bottom + 19, place, "middle"));
  }
  grid.setAttribute("d", lines.join(""));
  frame.append(mark((EDGE.left + WIDE - EDGE.right) / 2, HIGH - 6, names[0], "middle"));
  frame.append(mark(10, 20, names[1], "start")); // above its axis, which is shorter than some names
  const line = svg("polyline", { fill: "none", stroke: "#A0307A", "stroke-width": 2, "stroke-dasharray": "4 4" });
  const known = svg("circle", { cx: x(start[0]), cy: y(start[1]), r: 4, fill: "#262626" });
  const happens = svg("g", { class: "leakyedu-happening", "aria-hidden": "true", fill: "#0072B2", "font-size": 14 });
  element.append(paper, grid, frame, line, known);

  const values = at.map(() => rounded((low + high) / 2));
  const reach = Math.min(18, ...at.slice(1).map((place, n) => (x(place) - x(at[n])) / 2));
  let drawn = false; // before, the handles stand for nothing
  const handles = at.map((place, n) => {
    const handle = svg("g", { class: "leakyedu-handle", role: "slider", tabindex: 0 });
    handle.setAttribute("aria-label", `${value} at ${place} ${of}`.trim());
    handle.setAttribute("aria-orientation", "vertical");
    handle.setAttribute("aria-valuemin", low);
    handle.setAttribute("aria-valuemax", high);
    // What a finger finds is as high as a finger, and no wider than half the way to the next handle.
    const finger = { x: -reach, y: -18, width: 2 * reach, height: 36, rx: 6, fill: "transparent" };
    handle.append(svg("rect", finger), svg("circle", { r: 8, stroke: "#A0307A", "stroke-width": 2.5 }));
    let grip = null; // how far from the handle's middle it was taken
    // A finger on a handle moves it and not the page. No style says so of a part of an SVG.
    handle.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    handle.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      handle.setPointerCapture(event.pointerId);
      grip = under(event) - y(inside(values[n]));
    });
    handle.addEventListener("pointermove", (event) => grip !== null && set(n, numberAt(under(event) - grip)));
    for (const end of ["pointerup", "pointercancel"]) handle.addEventListener(end, () => (grip = null));
    const large = 5 * step;
    const keys = {
      ArrowUp: () => values[n] + step,
      ArrowRight: () => values[n] + step,
      ArrowDown: () => values[n] - step,
      ArrowLeft: () => values[n] - step,
      PageUp: () => values[n] + large,
      PageDown: () => values[n] - large,
      Home: () => low,
      End: () => high,
    };
    handle.addEventListener("keydown", (event) => {
      if (!keys[event.key] || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      event.stopPropagation(); // on a wall these keys lead on
      set(n, keys[event.key]());
    });
    return handle;
  });
  element.append(...handles, happens);
  // A stroke across brings each handle that it passes to its height, as a pen would. A finger that goes up or down
  // scrolls the page, as everywhere.
  element.style.touchAction = "pan-y";
  const where = (event) => {
    const box = element.getBoundingClientRect();
    return { across: ((event.clientX - box.left) / box.width) * WIDE, down: under(event) };
  };
  let pen = null;
  element.addEventListener("pointerdown", (event) => {
    if (!event.button && !event.target.closest("[role=slider]")) pen = where(event);
  });
  element.addEventListener("pointermove", (event) => {
    if (!pen) return;
    const [from, to] = [pen, (pen = where(event))];
    at.forEach((place, n) => {
      const share = (x(place) - from.across) / (to.across - from.across);
      if (0 <= share && share <= 1) set(n, numberAt(from.down + share * (to.down - from.down)));
    });
  });
  for (const end of ["pointerup", "pointercancel", "pointerleave"]) element.addEventListener(end, () => (pen = null));
  // A press beside a handle brings the nearest one there; a finger that scrolls the page does not press.
  element.addEventListener("click", (event) => {
    if (event.target.closest("[role=slider]")) return;
    const away = at.map((place) => Math.abs(x(place) - where(event).across));
    const n = away.indexOf(Math.min(...away));
    if (away[n] > 2 * reach) return;
    set(n, numberAt(under(event)));
    handles[n].focus();
  });

  const under = (event) => {
    const box = element.getBoundingClientRect();
    return ((event.clientY - box.top) / box.height) * HIGH;
  };
  const numberAt = (down) => low + ((HIGH - EDGE.bottom - down) / (HIGH - EDGE.top - EDGE.bottom)) * (high - low);
  const set = (n, number) => {
    const before = drawn && values[n];
    values[n] = rounded(number);
    if (values[n] === before) return;
    drawn = true;
    show();
    changed([...values]);
  };
  const show = () => {
    const corners = at.map((place, n) => [x(place), y(inside(values[n]))]);
    line.setAttribute("points", [[x(start[0]), y(start[1])], ...corners].join(" "));
    line.style.strokeDasharray = drawn ? "none" : "";
    handles.forEach((handle, n) => {
      handle.setAttribute("transform", `translate(${corners[n].join(" ")})`);
      handle.setAttribute("aria-valuenow", inside(values[n]));
      handle.setAttribute("aria-valuetext", drawn ? `${values[n]} ${unit}` : "not drawn yet");
      handle.lastChild.setAttribute("fill", drawn ? "#A0307A" : "white");
    });
  };
  show();
  const put = (wanted) => {
    if (drawn && wanted.every((number, n) => number === values[n])) return;
    drawn = true;
    wanted.forEach((number, n) => (values[n] = number));
    show();
  };
  const reveal = (truth) => {
    happens.replaceChildren(
      ...truth.map((number, n) => svg("circle", { cx: x(at[n]), cy: y(inside(number)), r: 5 })),
      mark(WIDE - EDGE.right - 6, EDGE.top + 14, "what happens", "end"),
    );
  };
  return { element, handles, put, reveal };
}

function svg(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function mark(x, y, text, anchor) {
  const made = svg("text", { x, y, "text-anchor": anchor });
  made.textContent = String(text).replace("-", "\u2212");
  return made;
}

// 1, 2 or 5 times a power of ten.
function roundStep(about) {
  const power = 10 ** Math.floor(Math.log10(about));
  return [1, 2, 5, 10].find((times) => times * power >= about * 0.999) * power;
}
