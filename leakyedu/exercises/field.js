// A field with a name, and a button: what stands in it is sent as it stands when Enter or the button is pressed.
// The text field of ipywidgets sends what is typed letter by letter, and Enter may overtake the last letters.
function render({ model, el }) {
  const label = document.createElement("label");
  const field = document.createElement("input");
  const button = document.createElement("button");
  field.placeholder = model.get("wants");
  field.size = Math.max(40, field.placeholder.length); // it can be read to its end
  button.textContent = "Send";
  label.append("Answer ", field);
  // Or in JupyterLab a letter could be the name of a command.
  for (const element of [field, button]) element.dataset.lmSuppressShortcuts = "true";
  const send = () => model.send({ answer: field.value });
  field.addEventListener("keydown", (event) => event.key === "Enter" && send());
  button.addEventListener("click", send);
  el.classList.add("leakyedu-field");
  el.append(label, button);
}

export default { render };
