// A phone in the class: it shows the question that is on the wall, and sends what was chosen, typed or drawn.
// Stands below curve.js, in a page of its own, which no other can reach.

const form = document.getElementById("form");
const said = document.getElementById("said");
const place = `${location.pathname}/vote`;
const device = ownMark();
let drawn = ""; // the question that is on the page, and which time it is asked
let timer = null;
let refused = null; // the question whose answer was refused, and why: it stays until the next answer
let sending = 0; // an answer to what was asked before a vote says nothing of it

// One for each tab: it lives through a reload, and ends with the tab.
function ownMark() {
  const bytes = crypto.getRandomValues(new Uint8Array(17));
  const fresh = btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").slice(0, 22);
  try {
    sessionStorage.mark ??= fresh;
    return sessionStorage.mark;
  } catch {
    return fresh; // a browser that keeps nothing: after a reload it is another device
  }
}

function say(words, lost = false) {
  if (said.textContent !== words) said.textContent = words;
  said.classList.toggle("lost", lost);
}

async function talk(body) {
  const options = { headers: { "Leakyedu-Device": device }, cache: "no-store", signal: AbortSignal.timeout?.(5000) };
  if (body) Object.assign(options, { method: "POST", body: JSON.stringify(body) });
  if (body) options.headers["Content-Type"] = "application/json";
  const answer = await fetch(place, options);
  const told = await answer.json().catch(() => null);
  return { status: answer.status, told };
}

function refuse(words) {
  refused = [drawn, words];
  say(words, true);
}

let joined = false;

async function look() {
  clearTimeout(timer);
  const before = sending;
  let wait = 2;
  try {
    const { status, told } = await talk(joined ? null : {});
    if (status === 200) {
      joined = told.here; // or the teacher has begun with a new class
      wait = told.wait;
      if (before === sending) show(told);
    } else if (status === 404) say("This room is closed. If the wall shows another code, read that one.", true);
    else say(status === 503 ? "The room is full. Raise your hand instead." : "Many phones ask at once. It goes on by itself.", true);
  } catch {
    say("No connection to the wall. It goes on by itself as soon as there is one. If the wall shows another code, read that one.", true);
  }
  clearTimeout(timer);
  // A little earlier or later than the others.
  timer = setTimeout(look, 1000 * wait * (0.8 + 0.4 * Math.random()));
}

async function vote(value) {
  const mine = (sending += 1);
  const [question, round] = JSON.parse(drawn);
  refused = null;
  say("On its way.");
  for (let tries = 1; mine === sending; tries += 1) {
    try {
      const { status, told } = await talk({ question, round, vote: value });
      if (mine !== sending) return;
      if (status === 200 || status === 409) {
        sending += 1;
        if (status === 409) drawn = ""; // what was counted before is put back
        return show(told);
      }
      if (status === 422) return refuse(told.says);
    } catch {
      // The same vote again counts once.
    }
    say("Not there yet: no connection to the wall. It is sent again.", true);
    await new Promise((done) => setTimeout(done, Math.min(5, tries) * 1000));
  }
}

function show(told) {
  if (!told.question) {
    drawn = "";
    form.replaceChildren();
    return say("Look at the wall. A question will come here.");
  }
  const now = JSON.stringify([told.question.id, told.round]);
  if (now !== drawn) {
    drawn = now;
    form.replaceChildren(...asked(told));
    if (told.yours !== null) form.put(told.yours);
  }
  for (const control of form.querySelectorAll("input, button")) control.disabled = !told.open;
  form.classList.toggle("closed", !told.open);
  if (!told.open) say(told.yours === null ? "The votes are on the wall." : `The votes are on the wall. Yours was ${form.words(told.yours)}.`);
  else if (refused?.[0] === drawn) say(refused[1], true);
  else if (told.yours !== null) say(`Counted: ${form.words(told.yours)}. You can change it until the votes are shown.`);
  else say(told.round > 1 ? "Vote again: the same answer, or another one." : "Nothing is counted yet.");
}

function asked({ question, round }) {
  const words = [paragraph("asked", question.question)];
  if (question.given) words.push(paragraph("given", `Given: ${question.given}`));
  if (round > 1) words.push(paragraph("again", "The second vote."));
  const kind = question.options ? options : question.curve ? curve : number;
  return [...words, ...kind(question)];
}

// What stands between backticks is code.
function paragraph(name, words) {
  const made = document.createElement("p");
  made.className = name;
  words.split("`").forEach((part, n) => made.append(n % 2 ? make("code", { textContent: part }) : part));
  return made;
}

function make(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function options(question) {
  const group = make("fieldset", {}, make("legend", { textContent: "Choose one" }));
  for (const [key, words] of question.options) {
    const radio = make("input", { type: "radio", name: "option", value: key, onclick: () => vote(key) }); // a key clicks, too
    group.append(make("label", { className: "option" }, radio, make("span", { textContent: words })));
  }
  form.put = (key) => (form.elements.option.value = key);
  form.words = (key) => `(${key})`;
  return [group];
}

function number(question) {
  const field = make("input", { type: "text", inputMode: "decimal", id: "number", autocomplete: "off" });
  const { wants } = question; // "a number in ms", "a number of steps"
  const label = make("label", { textContent: wants[0].toUpperCase() + wants.slice(1), htmlFor: "number" });
  form.put = (value) => (field.value = value);
  form.words = (value) => `${value} ${question.unit}`.trim();
  form.send = () => {
    const value = numberIn(field.value, question.unit);
    if (value === null) refuse(`Type ${wants}, without a comma before three digits.`);
    else vote(value);
  };
  return [label, make("div", { className: "number" }, field, make("span", { textContent: question.unit })), make("button", { textContent: "Vote" })];
}

// Where a keyboard for numbers has no minus, a word processor's will do; a comma may be the decimal one.
function numberIn(typed, unit) {
  let text = typed.trim().replace("\u2212", "-");
  if (unit && text.endsWith(unit)) text = text.slice(0, -unit.length).trim();
  if (/^[+-]?[1-9]\d{0,2},\d{3}$/.test(text)) return null; // it may mean a thousand
  if (!text.includes(".")) text = text.replace(",", ".");
  return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : null;
}

function curve(question) {
  let values = null;
  const drawing = drawCurve(question.curve, (moved) => {
    if (form.classList.contains("closed")) return;
    values = moved;
  });
  form.put = (given) => drawing.put((values = given));
  form.words = (given) => `${given.join(", ")} ${question.curve.unit}`;
  form.send = () => (values ? vote(values) : refuse("Draw a curve first: move each circle up or down."));
  return [drawing.element, make("button", { textContent: "Vote" })];
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  form.send?.();
});
document.addEventListener("visibilitychange", () => document.hidden || look());
addEventListener("online", look);
look();
