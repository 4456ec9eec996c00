// A choice among a few words: the browser's own menu with a name, in the colours of the page.
function render({ model, el }) {
  const menu = document.createElement("select");
  // Or in JupyterLab an arrow key would move the cursor to another cell.
  menu.dataset.lmSuppressShortcuts = "true";
  const label = document.createElement("label");
  const text = document.createElement("span");
  text.textContent = model.get("label");
  label.append(text, menu);
  for (const word of model.get("options")) menu.append(new Option(word, word));

  const write = () => (menu.value = model.get("value"));
  menu.addEventListener("change", () => {
    model.set("value", menu.value);
    model.save_changes();
  });
  model.on("change:value", write);
  write();

  el.classList.add("leakyedu-control");
  el.append(label);
  return () => model.off("change:value", write);
}

export default { render };
