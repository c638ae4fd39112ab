"use strict";
// A page of many sections: what is typed leaves those that hold all of its words.

(() => {
  const box = document.querySelector("#search"), told = document.querySelector("#found");
  const sections = [...document.querySelectorAll("main > section:not(#record)")];
  const texts = sections.map((section) => section.textContent.toLowerCase());

  const search = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    const kept = sections.filter((section, k) => {
      section.hidden = !words.every((word) => texts[k].includes(word));
      return !section.hidden;
    });
    for (const link of document.querySelectorAll("nav a")) {
      link.hidden = Boolean(document.querySelector(link.getAttribute("href"))?.hidden);
    }
    told.textContent = words.length ? `${kept.length} of ${sections.length} sections` : "";
  };

  box.addEventListener("input", search);
  search(); // what a browser filled in again
})();
