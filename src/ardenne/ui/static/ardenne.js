// Small comforts; every page works without them.
for (const form of document.querySelectorAll("form[data-instant]")) {
  for (const field of form.querySelectorAll("select, input[type=checkbox], input[type=radio]")) {
    field.addEventListener("change", () => form.requestSubmit());
  }
}
// A shared link carries its key behind the "#", which browsers keep to themselves.
for (const field of document.querySelectorAll("[data-fragment]")) {
  if (location.hash.startsWith("#shlink:/")) {
    field.value = location.hash.slice(1);
    history.replaceState(null, "", location.pathname);
  }
}
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
