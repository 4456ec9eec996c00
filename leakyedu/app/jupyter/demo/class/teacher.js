// The teacher's own window: what is on the wall and comes next, the votes before the class sees them, and what they mean.

(() => {
  const find = (id) => document.getElementById(id);
  const at = location.pathname.replace(/teacher$/, "class");
  let place = "";
  let since = Date.now();
  let drawn = "";

  history.replaceState(null, "", location.pathname);

  async function talk(options = {}) {
    const answer = await fetch(at, { cache: "no-store", signal: AbortSignal.timeout(5000), ...options });
    if (!answer.ok) throw new Error(answer.status);
    return answer.json();
  }

  async function look() {
    try {
      show(await talk());
    } catch {
      find("phones").textContent = "The demonstration does not answer.";
    }
    setTimeout(look, 500);
  }

  function show(state) {
    const { now = "", next = "", lesson = "" } = state.place ?? {};
    if (JSON.stringify(state.place) !== place) [place, since] = [JSON.stringify(state.place), Date.now()];
    find("now").textContent = now || "Nothing is on the wall yet";
    find("next").textContent = next ? `Next: ${next}` : "This is the last screen.";
    const { count = 0, by_hand: byHand = true } = state.rounds?.at(-1) ?? {};
    const phones = state.address && !byHand ? `${count} of ${state.phones} phones have answered.` : `${count} hands.`;
    const shown = state.shown ? "The class sees the votes." : "The class does not see the votes yet.";
    find("phones").textContent = state.error ?? (state.question ? `${phones} ${shown}` : `${state.phones} phones are here.`);
    const key = state.question?.id ?? lesson;
    for (const page of document.querySelectorAll(".page")) page.hidden = page.dataset.key !== key;
    const votes = JSON.stringify([key, state.rounds]);
    if (votes === drawn) return;
    drawn = votes;
    find("votes").replaceChildren(...(state.question ? [drawVotes(state.question, state.rounds)] : []));
  }

  function tell() {
    const two = (number) => String(number).padStart(2, "0");
    const now = new Date();
    find("clock").textContent = `${two(now.getHours())}:${two(now.getMinutes())}`;
    const seconds = Math.floor((now - since) / 1000);
    find("since").textContent = `${Math.floor(seconds / 60)}:${two(seconds % 60)} min`;
  }

  find("forget").addEventListener("click", () =>
    confirm("Forget all votes and phones?") && talk({ method: "POST", body: JSON.stringify({ word: "forget" }) }).then(show, () => {}),
  );
  setInterval(tell, 500);
  tell();
  look();
})();
