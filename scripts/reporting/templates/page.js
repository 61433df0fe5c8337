"use strict";
(() => {
  const form = document.querySelector(".filters");
  if (!form) return;
  const rows = [...document.querySelectorAll(".row")].map((element) => ({
    element,
    severity: element.dataset.severity,
    axis: element.dataset.axis,
    operations: new Set(element.dataset.operations.split(" ")),
    text: null,
  }));
  const groups = [...document.querySelectorAll(".group")];
  const folds = [...document.querySelectorAll(".fold")];
  const words = form.querySelector("#words");
  const operation = form.querySelector("#operation");
  const clear = form.querySelector("#clear");
  const more = form.querySelector(".more");
  const folding = form.querySelector(".folding");
  const count = form.querySelector(".count");
  const empty = document.getElementById("empty");
  const buttons = [...form.querySelectorAll("[data-filter]")];
  const pressed = (filter) =>
    buttons.filter((b) => b.dataset.filter === filter && b.getAttribute("aria-pressed") === "true")
      .map((b) => b.dataset.value);
  const number = new Intl.NumberFormat("en");

  function apply() {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const severities = pressed("severity");
    const axes = pressed("axis");
    const chosen = operation ? operation.value : "";
    const filtered = Boolean(wanted.length || severities.length || axes.length || chosen);
    let shown = 0;
    for (const row of rows) {
      let fits = (!severities.length || severities.includes(row.severity)) &&
        (!axes.length || axes.includes(row.axis)) &&
        (!chosen || row.operations.has(chosen));
      if (fits && wanted.length) {
        row.text ??= row.element.textContent.toLowerCase();
        fits = wanted.every((word) => row.text.includes(word));
      }
      row.element.hidden = !fits;
      shown += fits;
    }
    for (const group of groups) group.hidden = !group.querySelector(".row:not([hidden])");
    if (filtered) for (const fold of folds) fold.open = true;
    empty.hidden = shown > 0;
    clear.disabled = !filtered;
    count.textContent = filtered
      ? `${number.format(shown)} of ${number.format(rows.length)} rows`
      : `${number.format(rows.length)} ${rows.length === 1 ? "row" : "rows"}`;
  }

  function reset() {
    words.value = "";
    if (operation) operation.value = "";
    for (const button of buttons) button.setAttribute("aria-pressed", "false");
    apply();
  }

  function follow() {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target || !target.matches(".row")) return;
    if (target.hidden) reset();
    for (let up = target.parentElement; up; up = up.parentElement) if (up.matches("details")) up.open = true;
    target.scrollIntoView();
  }

  let waiting = 0;
  words.addEventListener("input", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(apply);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const button of buttons) {
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      apply();
    });
  }
  operation?.addEventListener("change", apply);
  const start = () => {
    reset();
    words.focus();
  };
  clear.addEventListener("click", start);
  document.getElementById("again").addEventListener("click", start);
  more.addEventListener("click", () => {
    more.setAttribute("aria-expanded", String(folding.classList.toggle("open")));
  });
  addEventListener("hashchange", follow);
  document.documentElement.classList.add("scripted");
  form.hidden = false;
  apply();
  follow();
})();
