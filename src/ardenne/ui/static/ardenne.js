// Small comforts; every page works without them.
for (const form of document.querySelectorAll("form[data-instant]")) {
  for (const field of form.querySelectorAll("select, input[type=checkbox], input[type=radio]")) {
    field.addEventListener("change", () => form.requestSubmit());
  }
}
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
