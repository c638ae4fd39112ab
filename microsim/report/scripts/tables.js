"use strict";
// Tables that copy and download: numbers as programs read them, not as the page spells them.

const tables = {};

(() => {
  const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻";

  // 1 234.5, −0.2, 3.2 × 10⁻⁹ and 78.6 % as other programs read them: 1234.5, -0.2, 3.2e-9, 78.6 %.
  tables.plain = (text) => text.trim().replace(/\s+/g, (space) => space.includes("\n") ? " " : space)
    .replace(/\u2212/g, "-")
    .replace(/(\d)\u202f(?=\d{3}(?!\d))/g, "$1")
    .replace(/[\u202f ]?×[\u202f ]?10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)/g, (_, power) =>
      "e" + [...power].map((sign) => "0123456789-"[RAISED.indexOf(sign)]).join(""))
    .replace(/\u202f/g, " ");

  const rowsOf = (table) => [...table.rows].map((row) => [...row.cells].map((cell) => tables.plain(cell.textContent)));

  const quoted = (cell) => /[",\n]/.test(cell) ? `"${cell.replace(/"/g, '""')}"` : cell;

  tables.csv = (table) => rowsOf(table).map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n";
  tables.tabbed = (table) => rowsOf(table).map((row) => row.join("\t")).join("\n");

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch { // a browser that keeps the clipboard from pages on disk
      const area = Object.assign(document.createElement("textarea"), { value: text });
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  };

  const download = (text, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  const button = (text, label, act) => {
    const made = Object.assign(document.createElement("button"), { type: "button", textContent: text });
    made.setAttribute("aria-label", label);
    made.addEventListener("click", async () => {
      await act();
      made.textContent = "Done";
      setTimeout(() => { made.textContent = text; }, 1200);
    });
    return made;
  };

  const counts = {};
  for (const box of document.querySelectorAll(".table")) {
    const anchor = box.closest("section").id, table = box.querySelector("table");
    const number = counts[anchor] = (counts[anchor] ?? 0) + 1;
    const name = box.getAttribute("aria-label");
    const tools = Object.assign(document.createElement("p"), { className: "tools" });
    tools.append(button("Copy", `Copy: ${name}`, () => copy(tables.tabbed(table))),
      button("CSV", `Download as CSV: ${name}`, () => download(tables.csv(table), `${anchor}_${number}.csv`)));
    box.prepend(tools);
  }
})();
