// The arrow keys and the two keys of a presenter's remote lead through a lesson: the answer to a question,
// the presets of a lab, the next question or lab, and all the way back. They do so wherever the focus is: what was
// clicked, typed or dragged has it still when the teacher picks up the remote. Controls have the other keys.
(() => {
  // The address stands on the wall, and the token in it does not belong there: a cookie has it by now.
  history.replaceState(null, "", location.pathname);

  const FIELDS = "input[type=text], textarea, [contenteditable]"; // where "." and "b" are written
  const steps = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 };

  const parts = ".leakyedu-question, .leakyedu-presets";
  const stops = () => {
    const cells = [...document.querySelectorAll("#rendered_cells [cell-index]")];
    const found = cells.filter((cell) => cell.querySelector(parts));
    for (const cell of found)
      // Set again it would count as a change, which is watched below.
      if (!cell.classList.contains("leakyedu-stop")) cell.classList.add("leakyedu-stop");
    return found;
  };
  // The one that holds the upper part of the screen.
  const current = (found) => {
    const line = window.innerHeight * 0.4;
    return found.findLastIndex((stop) => stop.getBoundingClientRect().top <= line);
  };
  const button = (stop, step) => {
    const presets = [...stop.querySelectorAll(".leakyedu-presets button")];
    const pressed = presets.findIndex((preset) => preset.getAttribute("aria-pressed") === "true");
    // The picture first, then, by the same button, its sentence.
    if (presets.length) {
      const said = stop.querySelector(".leakyedu-presets p").textContent !== "";
      return presets[pressed + (said === step > 0 ? step : 0)];
    }
    const answered = stop.querySelector(".leakyedu-answered:not(.leakyedu-taken-back)");
    return step > 0 && !answered ? stop.querySelector(".leakyedu-show:enabled") : null;
  };

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
    if (step > 0 && stop?.querySelector(".leakyedu-show:disabled")) return; // its answer is on its way
    const act = stop && button(stop, step);
    const answered = stop?.querySelector(".leakyedu-answered:not(.leakyedu-taken-back)");
    const answer = answered?.querySelector(".leakyedu-answer");
    const takenBack = stop?.querySelector(".leakyedu-taken-back:not(.leakyedu-new-vote)");
    if (step > 0 && takenBack) {
      takenBack.classList.remove("leakyedu-taken-back");
      takenBack.querySelector(".leakyedu-answer").scrollIntoView({ block: "nearest" });
    } else if (step < 0 && answered) {
      answered.classList.remove("leakyedu-new-vote");
      answered.classList.add("leakyedu-taken-back");
      stop.scrollIntoView();
    } else if (act) {
      act.click();
      if (stop.querySelector(".leakyedu-presets")) stop.scrollIntoView();
    } else if (step > 0 && answer && answer.getBoundingClientRect().bottom > window.innerHeight + 8)
      answer.scrollIntoView({ block: "end" }); // the rest of it first
    else if (here + step < 0) document.querySelector(".leakyedu-header").scrollIntoView();
    else found[Math.min(here + step, found.length - 1)].scrollIntoView();
  };

  // What stands in a field is the vote, sent or not; once it is sent, the field lets go of the keys.
  const fieldOf = (element) => element.closest(".leakyedu-field")?.querySelector("input");
  const voted = (element) => element.closest(".leakyedu-taken-back")?.classList.add("leakyedu-new-vote");
  document.addEventListener("input", ({ target }) => {
    if (fieldOf(target)) target.classList.add("leakyedu-unsent");
    if (target.closest(".leakyedu-options")) voted(target);
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
    const box = show.parentElement;
    for (const field of box.querySelectorAll(".leakyedu-unsent")) field.closest(".leakyedu-field").querySelector("button").click();
    // What is on its way is not asked for again.
    setTimeout(() => (show.disabled = true));
  };
  // Before the button itself hears of it: the vote goes first.
  document.addEventListener("click", click, { capture: true });

  // An answer that has come is brought into sight.
  new MutationObserver((changes) => {
    stops();
    for (const { target } of changes) {
      // Until then the answer to an earlier vote stays out of sight.
      if (target.matches?.(".leakyedu-show:enabled"))
        target.parentElement.classList.remove("leakyedu-taken-back", "leakyedu-new-vote");
      if (target.classList?.contains("leakyedu-answered") && !target.dataset.seen) {
        target.dataset.seen = "true";
        // A picture has its height when it is decoded; by then the teacher may have gone on.
        setTimeout(() => {
          const found = stops();
          if (found[Math.max(current(found), 0)].contains(target))
            target.querySelector(".leakyedu-answer").scrollIntoView({ block: "nearest" });
        }, 300);
      }
    }
  }).observe(document.getElementById("rendered_cells"), {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: ["class", "disabled"],
  });
})();
