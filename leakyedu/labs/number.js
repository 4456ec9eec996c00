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
  return () => model.off("change:value", write);
}

export default { render };
