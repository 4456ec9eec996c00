// The arrow keys and the two keys of a presenter's remote lead through a lesson: the answer to a question,
// the presets of a lab, the next question or lab, and all the way back. They do so wherever the focus is: what was
// clicked, typed or dragged has it still when the teacher picks up the remote. Controls have the other keys.
(() => {
  // The address stands on the wall, and the token in it does not belong there: a cookie has it by now.
  history.replaceState(null, "", location.pathname);

  const room = globalThis.leakyeduClass; // of a class that votes by itself
  const FIELDS = "input[type=text], textarea, [contenteditable]"; // where "." and "b" are written
  const steps = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 };

  const STOPS = [".leakyedu-opening", ".leakyedu-screen", ".leakyedu-live:has(.leakyedu-presets)"];
  const stops = () => [...document.querySelectorAll([...STOPS, room?.stops].filter(Boolean).join())];
  // The one that holds the upper part of the screen.
  const current = (found) => {
    const line = window.innerHeight * 0.4;
    return found.findLastIndex((stop) => stop.getBoundingClientRect().top <= line);
  };
  // The picture of a preset first, then, by the same button, its sentence.
  const presetOf = (stop, step) => {
    const presets = [...stop.querySelectorAll(".leakyedu-presets button")];
    if (!presets.length) return null;
    const chosen = presets.findIndex((preset) => preset.dataset.chosen);
    const said = presets[chosen].dataset.chosen === "said";
    return presets[chosen + (said === step > 0 ? step : 0)];
  };

  room?.follow(() => {
    const found = stops();
    const here = current(found);
    return { here: found[here], next: found[here + 1] };
  });

  const black = document.createElement("div");
  black.className = "leakyedu-black";
  const blacken = () => (black.isConnected ? black.remove() : document.body.append(black));
  black.addEventListener("click", blacken);

  const press = (event) => {
    const step = steps[event.key];
    const wantsBlack = ["b", "B", "."].includes(event.key) && !event.target.closest(FIELDS);
    if (event.altKey || event.ctrlKey || event.metaKey || (step && event.shiftKey)) return;
    if (!wantsBlack && !step) return;
    event.preventDefault();
    event.stopPropagation(); // an option would take an arrow for a vote
    if (event.repeat) return; // a key that is held would run past a question to its answer
    if (wantsBlack || black.isConnected) blacken();
    else lead(step);
  };
  // Before the control that has the focus hears of it.
  document.addEventListener("keydown", press, { capture: true });

  const lead = (step) => {
    const found = stops();
    if (!found.length) return;
    const here = current(found);
    const stop = found[here];
    const show = stop?.querySelector(".leakyedu-show"); // it answers all questions of its vote
    const vote = show?.closest(".leakyedu-vote");
    const is = (state) => vote?.classList.contains(`leakyedu-${state}`);
    const answered = is("answered") && !is("taken-back");
    const preset = stop && presetOf(stop, step);
    const hasNoKernel = Boolean(stop?.querySelector(".jupyter-widgets-disconnected"));
    const isOver = hasNoKernel || room?.isGone(); // no answer will come: the keys lead on
    if (step > 0 && show?.disabled && !isOver) return; // its answer is on its way
    if (room?.lead(stop, step, answered)) return stop.scrollIntoView();
    if (step > 0 && is("taken-back") && !is("new-vote")) vote.classList.remove("leakyedu-taken-back");
    else if (step > 0 && show && !answered && !hasNoKernel && !show.disabled) show.click();
    else if (step < 0 && answered) {
      vote.classList.remove("leakyedu-new-vote");
      vote.classList.add("leakyedu-taken-back");
    } else if (preset) preset.click();
    else if (here + step < 0) return document.querySelector(".leakyedu-header").scrollIntoView();
    else return found[Math.min(here + step, found.length - 1)].scrollIntoView();
    stop.scrollIntoView();
  };

  // What stands in a field is the vote, sent or not; once it is sent, the field lets go of the keys.
  const fieldOf = (element) => element.closest(".leakyedu-field")?.querySelector("input");
  const voted = (element) => element.closest(".leakyedu-taken-back")?.classList.add("leakyedu-new-vote");
  document.addEventListener("input", ({ target }) => {
    if (fieldOf(target)) target.classList.add("leakyedu-unsent");
    if (fieldOf(target) || target.closest(".leakyedu-options")) voted(target);
  });
  const sent = (field) => {
    field.classList.remove("leakyedu-unsent");
    field.blur();
    voted(field);
  };
  document.addEventListener("keydown", ({ key, target }) => {
    if (key !== "Enter" || !target.closest(FIELDS)) return;
    if (fieldOf(target)) sent(target);
    else target.blur();
  });
  const click = ({ target }) => {
    if (target.closest("button") && fieldOf(target)) sent(fieldOf(target));
    const show = target.closest(".leakyedu-show");
    if (!show) return;
    for (const field of show.closest(".leakyedu-vote").querySelectorAll(".leakyedu-unsent"))
      field.closest(".leakyedu-field").querySelector("button").click();
    // What is on its way is not asked for again.
    setTimeout(() => (show.disabled = true));
  };
  // Before the button itself hears of it: the vote goes first.
  document.addEventListener("click", click, { capture: true });

  // Until an answer has come, the one to an earlier vote stays out of sight.
  new MutationObserver((changes) => {
    for (const { target } of changes)
      if (target.matches(".leakyedu-show:enabled"))
        target.closest(".leakyedu-vote").classList.remove("leakyedu-taken-back", "leakyedu-new-vote");
  }).observe(document.getElementById("rendered_cells"), {
    subtree: true,
    attributes: true,
    attributeFilter: ["disabled"],
  });
})();
