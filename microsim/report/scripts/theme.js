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

  // a picture that is wider than its room scrolls, by the keyboard, too
  const pictures = document.querySelectorAll(".picture");
  const reach = () => pictures.forEach((one) => {
    if (one.scrollWidth > one.clientWidth) one.tabIndex = 0; else one.removeAttribute("tabindex");
  });
  addEventListener("load", reach);
  addEventListener("resize", reach);
})();
