// A page that answers: it fills the places that pages.py has left, with what live.js draws below a cell. What a
// kernel does there, the modules beside this one do here.
//
// `drawCurve` and `shapeOf` are those of curve.js, which stands above all modules, as live.py puts it above live.js.
// The page's other scripts hand over their data: leakyedu.course(...), .lesson(...), .lab(...); then it begins.

import live from "../../teaching/live.js";
import { Lesson } from "./judge.mjs";
import { Progress } from "./progress.mjs";

const told = {};
globalThis.leakyedu = {
  course: (data) => (told.course = data),
  lesson: (data) => {
    told.lesson = data;
    leakyedu.places = data.places;
  },
  lab: (data) => (told.lab = data),
};
document.addEventListener("DOMContentLoaded", begin);

let progress;
const news = new Set(); // what shows progress, to be called when it has changed

function begin() {
  const store = {
    getItem: (name) => localStorage.getItem(name),
    setItem: (name, text) => localStorage.setItem(name, text),
    removeItem: (name) => localStorage.removeItem(name),
  };
  progress = new Progress(told.course.limits, store);
  const { tables, places } = told.lesson;
  const lesson = new Lesson(tables, told.course.shared, shapeOf);
  places.forEach((place, n) => FILL[place.does](document.getElementById(`place-${n}`), place, lesson));
  document.querySelectorAll(".leakyedu-happens").forEach((cover) => uncover(cover, tables.lesson));
  // Another tab may have changed it, and so may the page that a browser's Back button brings again.
  for (const event of ["storage", "pageshow"]) addEventListener(event, tell);
  // What is drawn or typed changes what its cover says.
  for (const event of ["input", "pointerup", "keyup"]) document.addEventListener(event, tell);
  tell();
}

function tell() {
  for (const each of news) each();
}

const FILL = { predict: task, check: task, told: toldOf, recall, lab, map, progress: line };

// What live.js asks of a kernel's side: a state, who hears of it, and `respond` to a message of the page.
class Place {
  constructor(element, state, respond) {
    this.state = { off: [], typed: {}, words: {}, settings: {}, asleep: "", ...state, place: element.id };
    this.respond = respond;
    this.heard = {};
    live.render({ model: this, el: element });
  }
  get(name) {
    return this.state[name];
  }
  set(changes) {
    Object.assign(this.state, changes);
    for (const name of Object.keys(changes)) for (const hear of [...(this.heard[name] ?? [])]) hear();
  }
  on(event, hear) {
    (this.heard[event.replace("change:", "")] ??= new Set()).add(hear);
  }
  off(event, hear) {
    this.heard[event.replace("change:", "")]?.delete(hear);
  }
  say(words) {
    this.set({ words: { ...this.state.words, ...words } });
  }
  async send(message) {
    try {
      await this.respond(message);
    } finally {
      this.set({ done: message.mark });
    }
  }
}

function today() {
  const now = new Date();
  const two = (number) => String(number).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

// Asks, and keeps what the record is from then on.
function ask(lesson, key, action, typed) {
  const reply = lesson.ask(key, action, typed, progress.record(key), today());
  progress.put(key, reply.record);
  tell();
  return reply;
}

const unsent = {}; // by the key of a prediction: returns the button that sends what stands in its field, if that waits

function task(element, place, lesson) {
  const { key, does } = place;
  const record = progress.record(key);
  const predicted = record.after ?? record.prediction;
  const answered = does === "predict" ? predicted !== undefined : record.answer !== undefined;
  const again = answered && !place.cell ? lesson.ask(key, does, null, record, today()) : null;
  const typed = does === "predict" ? inField(predicted) : (record.answer ?? "");
  const state = { rows: place.rows, words: { said: again ? again.html : place.said, below: "" }, typed: { answer: typed } };
  const model = new Place(element, state, async (message) => {
    if ("answer" in message) {
      model.set({ typed: { answer: message.answer } });
      model.say({ said: ask(lesson, key, does, message.answer).html });
    } else if (message.press === told.course.words.copy) {
      model.say({ below: await copy(place.cell) });
    } else if (message.press) {
      model.say({ below: ask(lesson, key, message.press.toLowerCase()).html });
    }
  });
  if (does !== "predict") return;
  unsent[key] = () => element.querySelector(".leakyedu-waits:not([hidden])")?.previousElementSibling;
  if (lesson.tasks[key].kind !== "Points") return;
  const truth = lesson.kind(lesson.tasks[key]).right.map(([, value]) => value);
  news.add(() => progress.record(key).seen && !model.get("truth") && model.set({ truth }));
}

// A prediction as it is typed into its field.
function inField(predicted) {
  if (predicted === undefined) return "";
  return Array.isArray(predicted) ? predicted.map(([, value]) => value).join(", ") : String(predicted);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return "<p role=status>Copied.</p>";
  } catch {
    return "<p role=status>This browser does not let a page copy: mark the cell above, and copy it by hand.</p>";
  }
}

// What happens stands behind a cover, which belongs to the predictions that are compared below it.
function uncover(cover, lesson) {
  const keys = cover.dataset.tasks.split(" ").map((name) => `${lesson}.${name}`);
  const title = cover.querySelector("summary");
  const words = title.textContent;
  const predicted = (record) => (record.after ?? record.prediction) !== undefined;
  news.add(() => {
    const records = keys.map((key) => progress.record(key));
    const some = records.some(predicted) || keys.some((key) => unsent[key]?.());
    title.textContent = cover.open ? "What happens" : some ? words : `${words}, without a prediction`;
  });
  if (keys.every((key) => progress.record(key).seen)) cover.open = true;
  cover.addEventListener("toggle", () => {
    if (cover.open)
      for (const key of keys) {
        unsent[key]?.()?.click(); // what was drawn or typed is meant, as by the keys of a wall
        progress.put(key, { ...progress.record(key), seen: true });
      }
    tell();
  });
}

function toldOf(element, { key }, lesson) {
  element.replaceChildren();
  let shown = "";
  news.add(() => {
    const record = progress.record(key);
    const html = record.seen ? lesson.ask(key, "tell", "", record, today()).html : "";
    if (html !== shown) element.innerHTML = shown = html;
  });
}

function recall(element, { keys, rows, words }, lesson) {
  const typed = {};
  words = { ...words };
  keys.forEach((key, n) => {
    const record = progress.record(key);
    if (!("passed" in record)) return;
    typed[n + 1] = lesson.tasks[key].right;
    words[`said ${n + 1}`] = lesson.ask(key, "check", typed[n + 1], record, today()).html;
  });
  const model = new Place(element, { rows, words, typed }, (message) => {
    if (!("answer" in message)) return;
    model.set({ typed: { ...model.state.typed, [message.name]: message.answer } });
    model.say({ [`said ${message.name}`]: ask(lesson, keys[message.name - 1], "check", message.answer).html });
  });
}

// The pictures of a lab were drawn when the page was made: those of the start with one other value, and the presets.
function lab(element) {
  const { rows, start, size, shots, folder } = told.lab;
  const names = Object.keys(start);
  const keyOf = (settings) => JSON.stringify(names.map((name) => settings[name]));
  const by = new Map(shots.map((shot) => [keyOf(shot.settings), shot]));
  const labels = Object.fromEntries(rows.filter((row) => row.label).map(({ name, label }) => [name, label]));
  let alone = null; // the control that has put another one back
  function settled(wanted, before) {
    if (by.has(keyOf(wanted))) {
      const moved = names.filter((each) => wanted[each] !== before[each]);
      return [wanted, moved.length === 1 && moved[0] === alone ? null : ""]; // what was said of it stays while it moves on
    }
    const name = names.find((each) => wanted[each] !== before[each]);
    const back = names.filter((each) => each !== name && before[each] !== start[each]);
    const settings = { ...start, [name]: wanted[name] };
    alone = name;
    const said = back.map((each) => `${labels[each]} is back at ${start[each]}.`).join(" ");
    return [settings, said && `${said} This page holds pictures of one control at a time, and of the settings named below; in the notebook all move together.`];
  }
  function pictureOf({ picture, sentence }) {
    const image = Object.assign(new Image(...size), { src: folder + picture, alt: sentence });
    const figure = document.createElement("figure");
    const caption = Object.assign(document.createElement("figcaption"), { textContent: sentence });
    figure.append(image, caption);
    return figure.outerHTML;
  }
  async function show(settings, said) {
    const shot = by.get(keyOf(settings));
    const picture = Object.assign(new Image(), { src: folder + shot.picture });
    await picture.decode().catch(() => {}); // what cannot be fetched is said by its sentence
    model.set({ settings, picture: pictureOf(shot) });
    if (said !== null) model.say({ said: said && `<p role=status>${said}</p>` });
  }
  const state = {
    rows, start, settings: start, picture: pictureOf(by.get(keyOf(start))),
    words: { said: "", presets: "<p>Each of these sets all controls. Press it once more to be told what to see:</p>" },
  };
  const model = new Place(element, state, (message) => {
    if ("settings" in message) return show(...settled(message.settings, model.state.settings));
  });
}

function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

function map(element) {
  const { words, lessons } = told.course;
  const isDone = { prediction: (r) => (r.after ?? r.prediction) !== undefined };
  const passed = (record) => "passed" in record;
  news.add(() => {
    const records = progress.records();
    let [all, right] = [0, 0];
    const rows = lessons.map((lesson) => {
      const done = { prediction: [], exercise: [], recall: [] };
      for (const [key, kind] of lesson.asked) done[kind].push((isDone[kind] ?? passed)(records[key] ?? {}));
      const graded = [...done.exercise, ...done.recall];
      const open = lesson.asked.filter(([key, kind]) => kind !== "prediction" && !passed(records[key] ?? {}));
      const state = open.every(([, , , here]) => !here) ? words.here : "";
      all += graded.length;
      right += graded.filter(Boolean).length;
      const counts = Object.values(done).map((each) => (each.length ? `${each.filter(Boolean).length} of ${each.length}` : ""));
      const link = make("a", { href: lesson.page, textContent: lesson.title });
      const cells = [lesson.number, link, lesson.minutes, ...counts, open.length ? state : words.done];
      return make("tr", {}, ...cells.map((cell) => make("td", {}, cell)));
    });
    const head = make("tr", {}, ...words.columns.map((name) => make("th", { scope: "col", textContent: name })));
    const table = make("table", {}, make("caption", { textContent: words.title }), make("thead", {}, head), make("tbody", {}, ...rows));
    const wide = make("div", { className: "leakyedu-wide", tabIndex: 0, role: "region", ariaLabel: words.title }, table);
    const kept = progress.kept ? "" : " Your browser keeps nothing of this page: take your progress along before you leave it.";
    element.replaceChildren(wide, make("p", { textContent: `${right} of ${all} exercises and questions passed.${kept}` }));
  });
}

// What was done as a line of text, the way back, and a lesson to begin anew.
function line(element) {
  const out = make("textarea", { rows: 4, readOnly: true });
  const back = make("textarea", { rows: 4 });
  const said = make("p");
  said.setAttribute("role", "status");
  const button = (textContent, onclick) => make("button", { textContent, onclick, type: "button" });
  const known = new Map(told.course.lessons.flatMap(({ asked }) => asked.map(([key, , mistakes]) => [key, mistakes])));
  const say = (words, event) => {
    event.target.after(said); // below what was pressed
    said.textContent = words;
  };
  const give = async (event) => {
    const some = Object.keys(progress.records()).length;
    out.value = some ? await progress.line() : "";
    out.focus();
    out.select();
    say(some ? "Keep this line, in a mail to yourself perhaps: copy all that is marked." : "Nothing is kept yet.", event);
  };
  const take = async (event) => {
    const brought = await progress.restore(back.value, known);
    const whole = `Not brought back. A line begins with "${told.course.limits.mark}" and must be whole.`;
    say(brought === null ? whole : `Brought back: what you did at ${brought === 1 ? "1 question" : `${brought} questions`}.`, event);
    tell();
  };
  const menu = make("select", {}, ...told.course.lessons.map(({ number, title, name }) => new Option(`${number} ${title}`, name)));
  const forget = (event) => {
    const lesson = menu.selectedOptions[0].text;
    if (!confirm(`Forget all that you did in lesson ${lesson}?`)) return;
    progress.forget(menu.value);
    say(`Forgotten: all of lesson ${lesson}.`, event);
    tell();
  };
  element.replaceChildren(
    make("p", {}, make("label", {}, "Your line ", out), button("Give me the line", give)),
    make("p", {}, make("label", {}, "A line from elsewhere ", back), button("Bring it back", take)),
    make("p", {}, make("label", {}, "Begin anew ", menu), button("Forget what I did there", forget)),
  );
}
