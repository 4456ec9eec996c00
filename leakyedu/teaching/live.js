// What is alive below a cell: words, a picture, and the browser's own controls, which have names, keys and a theme.
//
// A row is one of these, or a list of some side by side:
//   {kind: "words", name, looks}              HTML of `words`; the kernel may be asked for them anew when they are seen
//   {kind: "picture", fits}                   HTML of `picture`; the kernel may be told its place: how wide, how high, the letters around it, in dots
//   {kind: "number", name, label, low, high, step, plays, values}    values: it takes these alone
//   {kind: "menu", name, label, options}
//   {kind: "reset"}                           puts all controls to `start`
//   {kind: "presets", names, says, settings}  puts all controls to one of some settings; pressed again says its sentence
//   {kind: "curve", name, value, unit, at, names, axis, start}  drawn by curve.js; the field of that name holds its numbers,
//                                             `truth` what happens at its places, once that was shown
//   {kind: "field", name, wants}              a text, sent by Enter or a button
//   {kind: "options", name, label, options}   pairs of a key and its words, to choose one
//   {kind: "button", name, does}
//
// The model opens without a view, so nothing of it stands in the file: `initialize` fills the place with its id
// wherever that is on the page. Where a view is asked for, `render` does the same in there.

const SLOW = 5000; // ms after which a page says that it waits
const QUIET = 1000; // ms after the last picture until it goes into the file
const pages = {};

function initialize({ model }) {
  const id = model.get("place");
  const mounted = new Map();
  const all = (name) => document.querySelectorAll(`#${name}`);
  const look = () => {
    // A notebook takes cells that are out of sight off the page, and puts them back.
    for (const [element, unmount] of mounted)
      if (!element.isConnected) mounted.delete(element), unmount();
    for (const element of all(id)) if (!mounted.has(element)) mounted.set(element, mount(model, element));
    // What the file keeps is seen here once more.
    if (mounted.size) for (const kept of all(`${id}-kept`)) if (kept.firstChild) kept.replaceChildren();
  };
  const observer = new MutationObserver(look);
  observer.observe(document.body, { childList: true, subtree: true });
  look();
  return () => {
    observer.disconnect();
    line(model).end();
    delete pages[id];
  };
}

function render({ model, el }) {
  return mount(model, el);
}

// One message at a time; of settings, the newest. It also holds what this page knows and the kernel does not yet.
function line(model) {
  const id = model.get("place");
  if (pages[id]) return pages[id];
  const tab = Math.random().toString(36).slice(2);
  let count = 0;
  let wanted = null;
  let sent = null;
  let slow = null;
  let quiet = null;
  const asked = [];
  const page = {
    settings: { ...model.get("settings") },
    typed: { ...model.get("typed") },
    sent: { ...model.get("typed") }, // of what is typed, what was handed over
    moved: null, // the number whose words about itself hold
    ended: false,
    seen: new Set(), // what shows it: {update, notice, doubt, sleep}
    move(settings) {
      page.settings = settings;
      page.moved = null;
      wanted = settings;
      next();
    },
    ask(message) {
      if ("answer" in message) {
        page.sent[message.name] = message.answer;
        page.seen.forEach((each) => each.doubt(true));
      }
      const older = asked.findIndex((each) => each.place && message.place);
      if (older >= 0) asked.splice(older, 1); // of places the newest is enough, too
      asked.push(message);
      next();
    },
    end() {
      if (page.ended) return;
      page.ended = true;
      clearTimeout(slow), clearTimeout(quiet);
      for (const each of page.seen) each.sleep();
    },
  };
  const notice = (words) => page.seen.forEach((each) => each.notice(words));
  const next = () => {
    if (sent !== null || page.ended) return;
    const message = wanted ? { settings: wanted } : asked.shift();
    if (!message) return;
    if (wanted) clearTimeout(quiet), (quiet = setTimeout(() => page.ask({ keep: true }), QUIET));
    wanted = null;
    sent = message.mark = `${tab}-${(count += 1)}`;
    slow = setTimeout(() => notice(true), SLOW);
    try {
      model.send(message);
    } catch {
      page.end(); // its kernel is gone
    }
  };
  model.on("change:done", () => {
    if (model.get("done") !== sent) return;
    sent = null;
    clearTimeout(slow);
    notice(false);
    page.seen.forEach((each) => each.doubt(false));
    next();
    settle();
  });
  // What the kernel says of the controls holds where this page has said nothing since.
  const settle = () => {
    if (sent !== null || wanted) return;
    page.settings = { ...model.get("settings") };
    page.seen.forEach((each) => each.update());
  };
  model.on("change:settings", settle);
  model.on("comm_live_update", () => page.end());
  pages[id] = page;
  return page;
}

function mount(model, el) {
  const page = line(model);
  // MathJax would read a formula in a label, which may hold a link.
  const root = make("div", { className: "leakyedu-live mathjax_ignore" });
  const notice = make("p", { className: "leakyedu-notice" });
  notice.setAttribute("role", "status");
  const parts = []; // {update?, act?}: what follows the state, and whether it only acts
  const stops = [];
  const on = (name, does) => {
    model.on(`change:${name}`, does);
    stops.push(() => model.off(`change:${name}`, does));
  };
  const build = (row) => {
    if (Array.isArray(row)) {
      const box = make("div", { className: "leakyedu-row" });
      box.append(...row.map(build));
      return box;
    }
    const part = KINDS[row.kind]({ row, model, page, on, stops });
    parts.push(part);
    return part.element;
  };
  const seen = {
    update: () => parts.forEach((part) => part.update?.()),
    notice: (waits) => {
      show(notice, waits ? `No answer yet. Where the kernel is not busy: ${model.get("asleep")}` : "");
    },
    // What is said of an earlier answer is pale beside a new one.
    doubt: (on) => root.classList.toggle("leakyedu-doubt", on),
    sleep: () => {
      for (const part of parts) if (!part.words) part.element.remove();
      for (const box of root.querySelectorAll(".leakyedu-row")) if (!box.textContent.trim()) box.remove();
      show(notice, model.get("asleep"));
      stops.forEach((stop) => stop());
    },
  };
  for (const row of model.get("rows")) root.append(build(row));
  root.append(notice);
  el.replaceChildren(root);
  seen.update();
  page.seen.add(seen);
  if (page.ended) seen.sleep();
  return () => {
    page.seen.delete(seen);
    stops.forEach((stop) => stop());
  };
}

function make(name, properties, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  // Or in JupyterLab a key could be the name of a command.
  if (["INPUT", "SELECT", "BUTTON"].includes(element.tagName)) element.dataset.lmSuppressShortcuts = "true";
  element.append(...children);
  return element;
}

// The one place in which words become HTML: those of the kernel, where markup.py has made them.
function show(element, html) {
  element.innerHTML = html;
}

// JupyterLab opens a file beside the notebook in a tab of its own: it does so with links that it has rendered itself,
// and with those that name its command. Any other link would load all of it anew, and ask whether to leave.
function openInside(link) {
  const [, path] = /\/lab(?:\/workspaces\/[^/]+)?\/tree\/(.+)$/.exec(new URL(link.href).pathname) ?? [];
  if (!path) return;
  link.dataset.commandlinkerCommand = "docmanager:open";
  link.dataset.commandlinkerArgs = JSON.stringify({ path: decodeURIComponent(path) });
}

function button(text, press, label) {
  const made = make("button", { textContent: text, onclick: press });
  if (label) made.setAttribute("aria-label", label);
  return made;
}

const KINDS = {
  words({ row, model, page, on, stops }) {
    const element = make("div", { className: row.name.startsWith("said") ? "leakyedu-said" : "" });
    if (row.looks) {
      const observer = new IntersectionObserver(([entry]) => entry.isIntersecting && page.ask({ look: row.name }));
      observer.observe(element);
      stops.push(() => observer.disconnect());
    }
    let shown = "";
    const write = () => {
      const words = model.get("words")[row.name] ?? "";
      if (words === shown) return;
      show(element, (shown = words));
      element.querySelectorAll("a[href]").forEach(openInside);
    };
    write();
    on("words", write);
    return { element, words: true };
  },

  picture({ row, model, page, on, stops }) {
    const element = make("div", {});
    let told = [0, 0, 0];
    const tell = () => {
      const { width, height } = element.querySelector("img")?.getBoundingClientRect() ?? {};
      if (!height) return;
      const place = [width, height, parseFloat(getComputedStyle(element).fontSize)].map((x) => x * devicePixelRatio);
      // Its words may take more or less room from picture to picture: not each dot counts.
      if (place.some((x, n) => Math.abs(x - told[n]) > 0.04 * told[n])) page.ask({ place: (told = place) });
    };
    const write = () => {
      show(element, model.get("picture"));
      if (row.fits) tell();
    };
    write();
    on("picture", write);
    if (row.fits) {
      const observer = new ResizeObserver(tell);
      observer.observe(element);
      stops.push(() => observer.disconnect());
    }
    return { element, words: true };
  },

  number: number,

  menu({ row, page }) {
    const menu = make("select", {}, ...row.options.map((word) => new Option(word, word)));
    menu.addEventListener("change", () => page.move({ ...page.settings, [row.name]: menu.value }));
    const label = make("label", {}, make("span", { textContent: row.label }), menu);
    const element = make("div", { className: "leakyedu-control" }, label);
    return { element, update: () => (menu.value = page.settings[row.name]) };
  },

  reset({ model, page }) {
    const element = button("Reset", () => {
      page.move({ ...model.get("start") });
      page.seen.forEach((each) => each.update());
    });
    element.title = "Put every control back to its start";
    return { element };
  },

  presets({ row, page }) {
    const sentence = make("p", {});
    sentence.setAttribute("role", "status");
    const buttons = row.names.map((name, number) =>
      button(name, () => {
        // At once, and not when the kernel says so: quick presses of a remote are counted from here.
        show(number, number === chosen && !said);
        page.move({ ...row.settings[number] });
        page.seen.forEach((each) => each.update());
      }),
    );
    let chosen, said;
    // A control that was moved since takes both back; the keys of a wall lead on from there.
    const update = () => {
      const here = Object.entries(row.settings[chosen]).every(([name, value]) => page.settings[name] === value);
      buttons.forEach((each, n) => each.setAttribute("aria-pressed", here && n === chosen));
      sentence.textContent = here && said ? row.says[chosen] : "";
    };
    const show = (number, says) => {
      [chosen, said] = [number, says];
      buttons.forEach((each) => delete each.dataset.chosen);
      buttons[chosen].dataset.chosen = said ? "said" : "shown";
    };
    show(0, false);
    const group = make("div", {}, ...buttons);
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "Presets");
    const element = make("div", { className: "leakyedu-presets" }, group, sentence);
    return { element, update };
  },

  curve({ row, model, page, on }) {
    const drawing = drawCurve(row, (values) => {
      page.typed[row.name] = values.join(", ");
      page.seen.forEach((each) => each.update());
    });
    // Or in JupyterLab an arrow would lead to the next cell.
    for (const handle of drawing.handles) handle.dataset.lmSuppressShortcuts = "true";
    const update = () => {
      const values = numbersIn(page.typed[row.name] ?? "", row);
      if (values) drawing.put(values);
    };
    const reveal = () => model.get("truth") && drawing.reveal(model.get("truth"));
    reveal();
    on("truth", reveal);
    return { element: drawing.element, update };
  },

  field({ row, page }) {
    const field = make("input", { type: "text", placeholder: row.wants, value: page.typed[row.name] ?? "" });
    field.size = Math.max(40, row.wants.length); // it can be read to its end
    const send = () => {
      page.ask({ name: row.name, answer: field.value });
      page.seen.forEach((each) => each.update());
    };
    const waits = make("span", { className: "leakyedu-waits", textContent: "not sent yet" });
    field.addEventListener("input", () => {
      page.typed[row.name] = field.value;
      page.seen.forEach((each) => each.update());
    });
    field.addEventListener("keydown", (event) => event.key === "Enter" && send());
    const label = make("label", {}, "Answer ", field);
    const element = make("div", { className: "leakyedu-field" }, label, button("Send", send), waits);
    const update = () => {
      const typed = page.typed[row.name] ?? "";
      if (field.value !== typed) field.value = typed;
      waits.hidden = !typed.trim() || typed === page.sent[row.name];
    };
    return { element, update };
  },

  options({ row, page }) {
    const radios = row.options.map(([key]) => make("input", { type: "radio", value: key }));
    // By arrow keys as ever, and by Tab and Space, which answers nothing on the way.
    const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
    radios.forEach((radio, n) =>
      radio.addEventListener("keydown", (event) => {
        const next = radios[n + steps[event.key]];
        if (steps[event.key]) event.preventDefault();
        if (next) next.focus(), next.click();
      }),
    );
    const check = () => radios.forEach((each) => (each.checked = each.value === page.typed[row.name]));
    radios.forEach((radio) =>
      radio.addEventListener("change", () => {
        page.typed[row.name] = radio.value;
        page.seen.forEach((each) => each.update());
        page.ask({ name: row.name, answer: radio.value });
      }),
    );
    const labels = row.options.map(([, words], n) => make("label", {}, radios[n], make("span", { textContent: words })));
    const title = make("span", { textContent: row.label, className: "leakyedu-label" });
    const element = make("div", { className: "leakyedu-options" }, title, ...labels);
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", row.label);
    return { element, update: check };
  },

  button({ row, model, page, on }) {
    const element = button(row.name, () => page.ask({ press: row.name }));
    if (row.does) element.title = row.does;
    const write = () => (element.disabled = model.get("off").includes(row.name));
    write();
    on("off", write);
    return { element };
  },
};

// A number with a name: a field to type in and a slider to drag. What the field shows is what is used.
function number({ row, page, stops }) {
  const { name, label, low, high, step, values } = row;
  const steps = values ? values.length - 1 : Math.round((high - low) / step); // of its whole way
  const slider = make("input", { type: "range", ...(values ? { min: 0, max: steps, step: 1 } : { min: low, max: high, step }) });
  slider.setAttribute("aria-label", `${label}, slider`);
  const field = make("input", { type: "text", inputMode: low < 0 ? "text" : "decimal", autocomplete: "off" });
  for (const [key, value] of Object.entries({ role: "spinbutton", "aria-valuemin": low, "aria-valuemax": high }))
    field.setAttribute(key, value);
  const said = make("span", {});
  said.setAttribute("role", "status");
  const text = make("label", {}, make("span", { textContent: label }), field);
  const element = make("div", { className: "leakyedu-control" }, text, slider, said);

  const within = (value) => Math.min(high, Math.max(low, value));
  const nearest = (value) => values.reduce((best, each, n) => (Math.abs(each - value) < Math.abs(values[best] - value) ? n : best), 0);
  const moved = (by) => {
    const value = page.settings[name];
    return values ? values[Math.min(steps, Math.max(0, nearest(value) + by))] : within(value + by * step);
  };
  let typing = false;
  const write = () => {
    const value = page.settings[name];
    if (page.moved !== name) said.textContent = ""; // another was moved, or all were put back
    slider.value = values ? nearest(value) : value;
    slider.setAttribute("aria-valuetext", value);
    if (typing) return; // what is being typed is not eaten by a picture
    field.value = value;
    field.setAttribute("aria-valuenow", value);
  };
  const set = (value) => {
    const used = values ? values[nearest(within(value))] : within(Number(value.toFixed(9)));
    const why = within(value) === value ? "has no picture here" : `is beyond ${low} to ${high}`;
    said.textContent = Math.abs(used - value) < 1e-9 ? "" : `${value} ${why}: ${used} is used.`;
    typing = false;
    if (used !== page.settings[name]) page.move({ ...page.settings, [name]: used });
    page.moved = name;
    page.seen.forEach((each) => each.update());
  };
  const read = () => {
    if (!typing) return;
    const value = numberIn(field.value, label);
    if (value !== null) return set(value);
    typing = false;
    page.moved = name;
    said.textContent = field.value.trim() ? `That is no number: ${page.settings[name]} stays.` : "";
    write();
  };
  // As in any slider, the large step is a tenth of the way.
  const large = Math.max(1, Math.round(steps / 10));
  const KEYS = {
    ArrowUp: () => moved(1),
    ArrowDown: () => moved(-1),
    PageUp: () => moved(large),
    PageDown: () => moved(-large),
    Home: () => low,
    End: () => high,
  };
  field.addEventListener("input", () => (typing = true));
  field.addEventListener("change", read);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") return read();
    if (!KEYS[event.key] || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    read();
    set(KEYS[event.key]());
  });
  slider.addEventListener("input", () => set(values ? values[slider.value] : Number(slider.value)));
  if (row.plays) stops.push(addPlayer(element, label, { set, moved, low, atEnd: () => page.settings[name] >= high }));
  return { element, update: write };
}

// A comma may be the decimal one, a minus that of a word processor, and the unit of the label may follow.
function numberIn(typed, label) {
  const unit = /\(([^()]+)\)$/.exec(label)?.[1];
  let text = typed.trim().replace("\u2212", "-");
  if (unit && text.endsWith(unit)) text = text.slice(0, -unit.length).trim();
  if (!text.includes(".")) text = text.replace(",", ".");
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : null;
}

// The numbers of a curve as they are typed, in brackets perhaps; null where they are not as many as its places.
function numbersIn(typed, { at, names }) {
  const text = typed.replace(/^[\s([]+|[\s)\]]+$/g, "");
  for (const between of [/;/, /,\s+|\s+/, /,/]) {
    const values = text.split(between).map((part) => numberIn(part, names[1]));
    if (values.length === at.length && !values.includes(null)) return values;
  }
  return null;
}

// Buttons that move the number on: nothing starts by itself, and a press of the same button stops it.
function addPlayer(element, label, { set, moved, low, atEnd }) {
  let timer = null;
  const move = (steps) => set(moved(steps));
  const stop = () => {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
  };
  const tick = () => (atEnd() ? stop() : move(1));
  const play = button(
    "Play",
    () => {
      if (timer !== null) return stop();
      if (atEnd()) set(low);
      play.textContent = "Pause";
      timer = setInterval(tick, 200);
    },
    `Play or pause ${label}`,
  );
  const back = button("Step back", () => (stop(), move(-1)), `Step back ${label}`);
  const on = button("Step on", () => (stop(), move(1)), `Step on ${label}`);
  element.append(make("span", { className: "leakyedu-player" }, back, play, on));
  return stop;
}

export default { initialize, render };
