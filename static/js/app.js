// What pages do beyond links and forms. Everything here is a comfort: without it they still work.
(() => {
  "use strict";
  const root = document.documentElement;
  const FAILURES = {
    403: "You may not do that here, or this page is too old: reload it.",
    404: "That is no longer there. Reload the page.",
    429: "Too many requests at once. Wait a moment and try again.",
    other: "That did not work. Reload the page and try again.",
    broken: "Something broke. Look at the page again before you repeat what you did.",
  };
  const SECONDS_SHOWN = 8;

  // -- theme: remembered on this device; before the first paint, so that nothing flashes --

  const remembered = () => {
    try {
      return localStorage.getItem("theme") || "auto";
    } catch {
      return "auto";
    }
  };

  const wear = (theme) => {
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
    for (const button of document.querySelectorAll("[data-theme-choice]"))
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === theme));
  };

  const choose = (theme) => {
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // Storage is off: the choice lasts for this page.
    }
    wear(theme);
  };

  root.dataset.script = "on";
  wear(remembered());

  // -- messages --

  const say = (sentence) => {
    document.getElementById("live").textContent = sentence;
  };

  const toast = (sentence) => {
    document.getElementById("failure-text").textContent = sentence;
    document.getElementById("failure").hidden = false;
  };

  const hideToast = () => {
    document.getElementById("failure").hidden = true;
  };

  const hideLater = () => {
    for (const message of document.querySelectorAll("[data-autohide]")) {
      message.removeAttribute("data-autohide");
      const leave = () => (message.matches(":hover, :focus-within") ? wait() : message.remove());
      const wait = () => setTimeout(leave, SECONDS_SHOWN * 1000);
      wait();
    }
  };

  const failureOf = (xhr) =>
    (xhr.status === 429 && xhr.responseText.startsWith("You ") && xhr.responseText) ||
    FAILURES[xhr.status] ||
    FAILURES[xhr.status < 500 ? "other" : "broken"];

  // -- dialog: one on the page, filled by htmx, closed by the server or by hand --

  const dialog = () => document.getElementById("dialog");

  const closeDialog = () => {
    if (dialog().open) dialog().close();
  };

  const copy = async (button) => {
    await navigator.clipboard.writeText(button.dataset.copy);
    say("Copied.");
    button.dataset.copied = "";
    setTimeout(() => delete button.dataset.copied, 1500);
  };

  const onClick = (event) => {
    const button = event.target.closest("button, a");
    for (const menu of document.querySelectorAll("details.menu[open]"))
      if (!menu.contains(event.target)) menu.open = false;
    if (event.target === dialog()) closeDialog();
    if (!button) return;
    if (button.dataset.themeChoice) choose(button.dataset.themeChoice);
    if ("copy" in button.dataset) copy(button).catch(() => say("Copying was not allowed."));
    if ("dismiss" in button.dataset) button.closest(".notice").remove();
    if ("hideFailure" in button.dataset) hideToast();
    if ("closeDialog" in button.dataset) {
      event.preventDefault();
      closeDialog();
    }
  };

  const onKey = (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  };

  const onSettled = (event) => {
    const found = event.target;
    if (found.id === "dialog" && found.childElementCount && !found.open) found.showModal();
    const own = "announce" in found.dataset ? found : found.querySelector("[data-announce]");
    if (own) say(own.dataset.announce);
    found.querySelector("[aria-invalid=true]")?.focus();
    hideLater();
  };

  // -- what a person has opened stays open when a live part is replaced --

  let opened = [];
  const noteOpened = (target) => {
    opened = [...target.querySelectorAll("details[id][open]")].map(({ id }) => id);
  };
  const openAgain = () =>
    opened.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));

  document.addEventListener("DOMContentLoaded", () => {
    wear(remembered());
    hideLater();
    document.addEventListener("click", onClick);
    document.addEventListener("keydown", onKey);
    document.addEventListener("close-dialog", closeDialog);
    document.addEventListener("htmx:afterSettle", onSettled);
    document.addEventListener("htmx:oobAfterSwap", hideLater);
    document.addEventListener("htmx:responseError", ({ detail }) => toast(failureOf(detail.xhr)));
    document.addEventListener("htmx:sendError", () =>
      toast("Sellside cannot be reached. What you see may be old; it goes on by itself."),
    );
    document.addEventListener("htmx:timeout", () =>
      toast("The answer took too long. Look at the page again before you repeat anything."),
    );
    document.addEventListener("htmx:afterSwap", openAgain);
    document.addEventListener("htmx:beforeSwap", (event) => {
      noteOpened(event.detail.target);
      if (event.detail.xhr.status < 400) hideToast();
    });
  });
})();
