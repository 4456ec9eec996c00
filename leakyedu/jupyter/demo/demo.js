// The arrow keys and the two keys of a presenter's remote lead through a lesson: the answer to a question,
// the presets of a lab, the next question or lab.
(() => {
  // The address stands on the wall, and the token in it does not belong there: a cookie has it by now.
  history.replaceState(null, "", location.pathname);

  // What is done with arrow keys or page keys inside a control stays there.
  const ARROWS = "input, select, textarea, audio, video, [contenteditable]";
  const PAGES = "input[type=range], select, textarea, audio, video, [contenteditable]";
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
    if (presets.length) return presets[pressed + step];
    const answered = stop.querySelector(".leakyedu-answered");
    return step > 0 && !answered ? stop.querySelector(".leakyedu-show:enabled") : null;
  };
  document.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target.closest(event.key.startsWith("Page") ? PAGES : ARROWS)) return;
    const found = stops();
    if (!found.length) return;
    event.preventDefault();
    const here = current(found);
    const stop = found[here];
    if (step > 0 && stop?.querySelector(".leakyedu-show:disabled")) return; // its answer is on its way
    const act = stop && button(stop, step);
    const answer = stop?.querySelector(".leakyedu-answered .leakyedu-answer");
    if (act) {
      act.click();
      if (stop.querySelector(".leakyedu-presets")) stop.scrollIntoView();
    } else if (step > 0 && answer && answer.getBoundingClientRect().bottom > window.innerHeight + 8)
      answer.scrollIntoView({ block: "end" }); // the rest of it first
    else if (here + step < 0) document.querySelector(".leakyedu-header").scrollIntoView();
    else found[Math.min(here + step, found.length - 1)].scrollIntoView();
  });

  // What is on its way is not asked for again.
  document.addEventListener("click", ({ target }) => {
    const show = target.closest(".leakyedu-show");
    if (show) setTimeout(() => (show.disabled = true));
  });

  // An answer that has come is brought into sight.
  new MutationObserver((changes) => {
    stops();
    for (const { target } of changes)
      if (target.classList?.contains("leakyedu-answered") && !target.dataset.seen) {
        target.dataset.seen = "true";
        // A picture has its height when it is decoded; by then the teacher may have gone on.
        setTimeout(() => {
          const found = stops();
          if (found[Math.max(current(found), 0)].contains(target))
            target.querySelector(".leakyedu-answer").scrollIntoView({ block: "nearest" });
        }, 300);
      }
  }).observe(document.getElementById("rendered_cells"), {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: ["class"],
  });
})();
