// Keys of the history's page: / searches, j and k move, Enter opens, ? shows them.
(() => {
  "use strict";
  const rows = () => [...document.querySelectorAll("#trade-table a[id^=trade-]")];
  const keys = () => document.getElementById("history-keys");

  const move = (step) => {
    const found = rows();
    const here = found.indexOf(document.activeElement);
    const next = here < 0 ? (step > 0 ? 0 : found.length - 1) : here + step;
    found[Math.min(Math.max(next, 0), found.length - 1)]?.focus();
  };

  const search = () => {
    const field = document.querySelector("#history-filter [data-search]");
    document.getElementById("filter-switch").checked = true;
    field.focus();
    field.select();
  };

  const DEEDS = {
    "/": search,
    j: () => move(1),
    k: () => move(-1),
    "?": () => keys().showModal(),
  };

  const isTyping = (target) =>
    target.matches("textarea, select, [contenteditable]") ||
    (target.matches("input") && !target.matches("[type=checkbox]"));

  const onKey = (event) => {
    if (event.key === "Enter" && !event.shiftKey && event.target.matches("[data-search]")) {
      event.preventDefault();
      event.target.form.requestSubmit();
    }
    const deed = Object.hasOwn(DEEDS, event.key) && DEEDS[event.key];
    if (!deed || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    deed();
  };

  // What a closed list of choices says is chosen.
  const tell = (menu) => {
    const chosen = [...menu.querySelectorAll(":checked")].map((box) => box.parentElement);
    const words = chosen.map((label) => label.textContent.trim());
    menu.querySelector("summary span").textContent = words.join(", ") || "Any";
  };

  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-show-keys]")) keys().showModal();
    if (event.target === keys() || event.target.closest("[data-hide-keys]")) keys().close();
  });
  document.addEventListener("change", (event) => {
    const menu = event.target.closest(".filter__any");
    if (menu) tell(menu);
  });
})();
