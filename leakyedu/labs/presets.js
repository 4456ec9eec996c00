// A row of buttons, one of them pressed, and the sentence that is said of it.
function render({ model, el }) {
  const row = document.createElement("div");
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", "Presets");
  const sentence = document.createElement("p");
  sentence.setAttribute("role", "status");
  const buttons = model.get("names").map((name, number) => {
    const button = document.createElement("button");
    button.textContent = name;
    button.addEventListener("click", () => {
      // At once, and not when the kernel says so: quick presses of a remote are counted from here.
      show(number);
      // A message, not a value: pressed again, it brings its settings back.
      model.send({ chosen: number });
    });
    row.append(button);
    return button;
  });

  const show = (chosen) => {
    buttons.forEach((button, number) => button.setAttribute("aria-pressed", number === chosen));
    sentence.textContent = model.get("says")[chosen];
  };
  show(model.get("chosen"));

  el.classList.add("leakyedu-presets");
  el.append(row, sentence);
}

export default { render };
