"use strict";
// Light or dark: as the system says, until the reader chooses. Pictures that scroll.

(() => {
  const root = document.documentElement;
  const dark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const button = Object.assign(document.createElement("button"), { type: "button", id: "theme" });
  const say = () => { button.textContent = dark() ? "Light" : "Dark"; };
  button.setAttribute("aria-label", "Switch between light and dark");
  const tell = () => { say(); document.dispatchEvent(new Event("microsim-theme")); };
  button.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; tell(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tell);
  say();
  document.querySelector("header").prepend(button);

  // a picture or a table that is wider than its room scrolls and says so; by the keyboard, too
  const reach = () => document.querySelectorAll(".picture, .table").forEach((one) => {
    const slides = one.scrollWidth > one.clientWidth;
    one.toggleAttribute("data-slides", slides);
    if (one.matches(".table")) return;
    if (slides) one.tabIndex = 0; else one.removeAttribute("tabindex");
  });
  addEventListener("load", reach);
  addEventListener("resize", reach);
})();
