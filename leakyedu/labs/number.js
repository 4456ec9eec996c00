// A number with a name: a field to type in and a slider to drag, each with its label for a screen reader.
// The browser's own elements, so keys, touch and zoom work as everywhere else.
function render({ model, el }) {
  const name = model.get("label");
  const field = document.createElement("input");
  const slider = document.createElement("input");
  field.type = "number";
  slider.type = "range";
  slider.setAttribute("aria-label", `${name}, slider`);
  for (const input of [field, slider]) {
    input.min = model.get("low");
    input.max = model.get("high");
    input.step = model.get("step");
    // Or in JupyterLab an arrow key would move the cursor to another cell.
    input.dataset.lmSuppressShortcuts = "true";
  }
  const label = document.createElement("label");
  const text = document.createElement("span");
  text.textContent = name;
  label.append(text, field);

  const decimals = (String(model.get("step")).split(".")[1] || "").length;
  const write = () => {
    slider.value = model.get("value");
    field.value = Number(model.get("value")).toFixed(decimals);
  };
  const send = (typed) => {
    const number = Number(typed);
    if (typed.trim() === "" || Number.isNaN(number)) return write();
    model.set("value", Math.min(model.get("high"), Math.max(model.get("low"), number)));
    model.save_changes();
    write();
  };
  slider.addEventListener("input", () => send(slider.value));
  field.addEventListener("change", () => send(field.value));
  field.addEventListener("keydown", (event) => event.key === "Enter" && send(field.value));
  model.on("change:value", write);
  write();

  el.classList.add("leakyedu-control");
  el.append(label, slider);
  const stop = model.get("plays") ? addPlayer(model, el, name, send) : () => {};
  return () => {
    stop();
    model.off("change:value", write);
  };
}

// Buttons that move the number on: nothing starts by itself, and a press of the same button stops it.
function addPlayer(model, el, name, send) {
  let timer = null;
  const button = (text, does, act) => {
    const made = document.createElement("button");
    made.textContent = text;
    made.setAttribute("aria-label", `${does} ${name}`);
    made.dataset.lmSuppressShortcuts = "true";
    made.addEventListener("click", act);
    el.append(made);
    return made;
  };
  const move = (steps) => send(String(model.get("value") + steps * model.get("step")));
  const stop = () => {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
  };
  const tick = () => (model.get("value") < model.get("high") ? move(1) : stop());

  button("Step back", "Step back", () => (stop(), move(-1)));
  const play = button("Play", "Play or pause", () => {
    if (timer !== null) return stop();
    if (model.get("value") >= model.get("high")) send(String(model.get("low")));
    play.textContent = "Pause";
    timer = setInterval(tick, 200);
  });
  button("Step on", "Step on", () => (stop(), move(1)));
  return stop;
}

export default { render };
