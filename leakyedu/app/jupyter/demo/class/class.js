// A class that votes by itself: the wall says to the room which question is on it, and shows what was counted. The keys
// of demo.js lead through it: the votes, of a letter a second vote, and then what happens.
//
// globalThis.leakyeduClass, or nothing where no class votes, holds
//   stops           the screens that it adds
//   follow(where)   begins; `where` gives the screen that is seen and the one after it
//   lead(stop, step, answered)  whether a key was one of ours
//   isGone()        whether the demonstration itself does not answer

globalThis.leakyeduClass = (() => {
  const join = document.querySelector(".leakyedu-join");
  if (!join) return undefined;

  const EVERY = 400; // ms: what is counted is on the wall within a second
  const { at, aside } = join.dataset;
  let where = () => ({});
  let seen = null; // the screen whose question was asked last
  let state = null; // what the room told last
  let busy = false; // a word is on its way
  let isCutOff = false; // the lesson goes on without what was counted
  let isGone = false;
  let spoken = 0; // what was told before a word says nothing of it

  const link = made("a", { href: aside, target: "_blank", textContent: "Teacher's window" });
  document.querySelector(".leakyedu-header a").after(link);

  function made(name, properties, ...children) {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  }

  const ballotOf = (stop) => {
    const words = stop?.querySelector("[data-ballot]")?.dataset.ballot;
    return words ? JSON.parse(words) : null;
  };
  const isAsked = (stop) => Boolean(state?.question) && state.question.id === ballotOf(stop)?.id;
  const last = () => state.rounds[state.rounds.length - 1];

  async function say(word, given = {}) {
    const mine = (spoken += 1);
    busy = word !== "look";
    try {
      const options = word === "look" ? {} : { method: "POST", body: JSON.stringify({ word, ...given }) };
      const answer = await fetch(at, { cache: "no-store", signal: AbortSignal.timeout(5000), ...options });
      if (!answer.ok) throw new Error(answer.status);
      const told = await answer.json();
      if (mine !== spoken) return;
      isGone = false;
      isCutOff = Boolean(told.error) && !("phones" in told);
      if (!isCutOff) state = told;
      if (told.error) complain(told.error);
      draw();
    } catch {
      if (mine !== spoken) return;
      isCutOff = isGone = true;
      if (word === "ask") seen = null; // it is asked again
      complain("The demonstration does not answer. If it has ended, start it again.");
    } finally {
      if (mine === spoken) busy = false;
    }
  }

  const title = (stop) => {
    const named = stop?.querySelector("[data-ballot]") ?? stop?.querySelector("h1, h2");
    return named?.textContent.trim() ?? (stop ? "The lab" : "");
  };
  const lesson = location.pathname.split("/").pop().replace(".ipynb", "");

  async function tick() {
    if (!busy && !document.hidden) {
      const { here, next } = where();
      if (here && here !== seen) {
        seen = here;
        await say("ask", { question: ballotOf(here), place: { now: title(here), next: title(next), lesson } });
      } else await say("look");
    }
    setTimeout(tick, EVERY);
  }

  // What stands below a question: how many have answered, the second vote, and hands.
  function panel(stop) {
    const there = stop.querySelector(":scope > .leakyedu-class");
    if (there) return there;
    const again = made("button", { textContent: "Vote again", className: "leakyedu-again", onclick: () => say("again") });
    const count = made("span", { className: "leakyedu-count" });
    count.setAttribute("role", "status");
    const bar = made("div", { className: "leakyedu-class" }, count, again);
    if (ballotOf(stop).options) {
      const field = made("input", { type: "text", size: 8, placeholder: ballotOf(stop).options.map(() => "0").join(" ") });
      field.addEventListener("keydown", ({ key }) => key === "Enter" && countHands(field));
      bar.append(made("label", { className: "leakyedu-hands" }, "Hands ", field));
    }
    if (state.address) bar.append(made("span", { className: "leakyedu-address", textContent: plain(state.address) }));
    stop.append(bar, made("div", { className: "leakyedu-told" }));
    return bar;
  }

  function countHands(field) {
    const hands = field.value.split(/[^0-9]+/).filter(Boolean).map(Number);
    const wanted = state.question.options.length;
    if (hands.length === wanted) say("count", { hands });
    else complain(`Type ${wanted} numbers, one for each option.`);
  }

  const plain = (address) => address.replace("http://", "");

  let until = 0; // when what was complained of makes room again

  function complain(words) {
    until = Date.now() + 5000;
    const { here } = where();
    const bar = here?.querySelector(":scope > .leakyedu-class .leakyedu-count") ?? join.querySelector(".leakyedu-here");
    bar.textContent = words;
  }

  let drawn = "";

  function draw() {
    if (!state) return;
    const complains = Date.now() < until;
    join.hidden = !state.address;
    if (state.address && !join.querySelector("img").src) {
      join.querySelector("img").src = state.code;
      join.querySelector(".leakyedu-address").textContent = plain(state.address);
    }
    const here = `${state.phones} phone${state.phones === 1 ? " is" : "s are"} here`;
    if (!complains) join.querySelector(".leakyedu-here").textContent = here;
    if (!isAsked(seen)) return;
    const bar = panel(seen);
    const count = last().count;
    const vote = state.rounds.length > 1 ? `Vote ${state.rounds.length}: ` : "";
    const of = state.address && !last().by_hand ? `${count} of ${state.phones} answered` : `${count} hands`;
    if (!complains) bar.querySelector(".leakyedu-count").textContent = vote + of;
    bar.classList.toggle("leakyedu-closed", state.shown);
    const nobody = state.rounds.every((round) => !round.count);
    seen.classList.toggle("leakyedu-counted", state.shown && !nobody);
    bar.querySelector(".leakyedu-again").hidden = !state.shown || !last().count;
    const now = JSON.stringify([state.question.id, state.shown, state.rounds]);
    if (now === drawn) return;
    drawn = now;
    const told = seen.querySelector(":scope > .leakyedu-told");
    const shown = state.shown && !nobody;
    told.replaceChildren(...(shown ? [drawVotes(state.question, state.rounds)] : []));
    if (shown) fill(seen, last().answer);
  }

  // As the teacher would: choose the option, or type what the class expects.
  const filled = new WeakMap();

  function fill(stop, answer) {
    const now = `${state.rounds.length} ${answer}`;
    if (!answer || filled.get(stop) === now) return;
    filled.set(stop, now);
    const radio = [...stop.querySelectorAll("input[type=radio]")].find(({ value }) => value === answer);
    if (radio && !radio.checked) radio.click();
    const field = stop.querySelector(".leakyedu-field input");
    if (!field) return;
    field.value = answer;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function lead(stop, step, answered) {
    if (!ballotOf(stop) || isCutOff) return false;
    if (!busy && !isAsked(stop)) seen = null; // another wall asks something else: this one asks again
    if (busy || !isAsked(stop)) return true; // the room will have heard of it in a moment
    const counted = last().count > 0;
    const second = state.rounds.length > 1;
    if (step > 0 && !answered) {
      if (!state.shown && counted) return say("show"), true;
      if (state.shown && counted && !second && state.question.options) return say("again"), true;
      say("close"); // nobody votes while the answer is told
      return false;
    }
    if (step < 0 && !answered) {
      if (state.shown) return say("hide"), state.rounds.some(({ count }) => count);
      if (!state.shown && second && !counted) return say("close"), true; // back to the first vote
    }
    return false;
  }

  return {
    stops: ".leakyedu-join:not([hidden])",
    follow(given) {
      where = given;
      tick();
    },
    lead,
    isGone: () => isGone,
  };
})();
