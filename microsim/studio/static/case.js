// A case or recipe in an editor: what is wrong stands at its line, the keys of the section beside it.

import { ask, tell } from "./api.js";
import { showFiles } from "./files.js";
import { commandLine } from "./jobs.js";
import { button, el, link, quoted, section, sentence } from "./parts.js";

const HIGH = 19; // px of a line, as in studio.css
const RUNS = { case: (name) => `microsim run ${quoted(name)}`, study: (name) => `microsim study ${quoted(name)}`,
  electrode: (name) => `microsim generate ${quoted(name)} --out ${quoted(name.replace(/\.ya?ml$/, ".tif"))}`,
  segment: (name) => `microsim segment GREY --recipe ${quoted(name)} --out labels.tif` };
const ALIASES = { contact_lost: "lost contact", initial_sto: "a start from a map", numerics: "numerics, output", output: "numerics, output" };

// `code` and [text](address) of the documentation as elements.
const worded = (text) => text.split(/(`[^`]+`|\[[^\]]+\]\([^)]+\))/).map((part) =>
  part.startsWith("`") ? el("code", {}, part.slice(1, -1)) : part.replace(/^\[(.+)\]\(.+\)$/, "$1").replaceAll("`", ""));

// Texts that an editor begins with in place of the file's: of a new file, or one that was left before it was saved
// (then with the sum of the file that it was made from).
const begun = new Map();
export const begin = (name, text, sha256) => begun.set(name, { text, sha256 });

export class CaseView {
  constructor(main, name) { Object.assign(this, { main, name, saved: "", sha256: "" }); }

  async open() {
    const [found, help] = await Promise.all([ask("text", { name: this.name }), ask("help")]);
    this.help = help.sections;
    this.build(help.templates);
    this.take(found);
    const { text, sha256 } = begun.get(this.name) ?? found;
    if (sha256 !== undefined) this.sha256 = sha256;
    if (text !== found.text) this.write(text);
    begun.delete(this.name);
    if (!found.sha256 && !this.dirty) this.state.textContent = "A new file: begin with a case that ships, or write your own.";
    await this.check();
    this.main.setAttribute("data-ready", this.name);
  }

  leave() {
    this.main.removeAttribute("data-ready");
    clearTimeout(this.later);
    if (this.unsaved) begin(this.name, this.area.value, this.sha256);
  }

  build(templates) {
    this.area = el("textarea", { id: "text", spellcheck: "false", wrap: "off", "aria-label": `Text of ${this.name}`, "aria-describedby": "fault",
      oninput: () => this.changed(), onscroll: () => this.scrolled() });
    for (const event of ["keyup", "click", "focus"]) this.area.addEventListener(event, () => this.advise());
    this.area.addEventListener("keydown", (event) => this.key(event));
    this.numbers = el("div", { class: "numbers", "aria-hidden": "true" });
    this.band = el("div", { class: "band", hidden: true });
    this.fault = el("p", { id: "fault", role: "status" });
    this.state = el("span", { class: "small", role: "status" });
    this.save = button("Save", () => this.keep().catch(() => {}), { id: "save" });
    this.starter = commandLine("", undefined, (line) => this.ready(line));
    this.side = el("div", { class: "keys", tabindex: "0", role: "region", "aria-label": "Keys of the section" });
    const choose = el("select", { "aria-label": "Begin with a case that ships", onchange: async () => {
      if (choose.value) this.write((await ask("template", { name: choose.value })).text);
      choose.value = "";
    } }, el("option", { value: "" }, "Begin with …"), templates.map((name) => el("option", { value: name }, name)));
    const editor = el("div", { class: "editor" }, this.numbers, el("div", { class: "paper" }, this.band, this.area));
    this.main.replaceChildren(section(this.name,
      el("div", { class: "choices" }, this.save, button("Read again", () => this.reread()), choose, this.state),
      el("div", { class: "beside" }, el("div", {}, editor, this.fault), this.side), this.starter));
  }

  take({ text, sha256 }) {
    Object.assign(this, { saved: text, sha256 });
    this.write(text);
  }

  // A text from its beginning: the help is that of its first key.
  write(text) {
    this.area.value = text;
    this.area.setSelectionRange(0, 0);
    this.changed();
  }

  async reread() { this.take(await ask("text", { name: this.name })); }

  get dirty() { return this.area.value !== this.saved; }

  get unsaved() { return Boolean(this.area) && this.dirty; }

  changed() {
    const count = this.area.value.split("\n").length;
    if (count !== this.count) {
      this.count = count;
      this.numbers.replaceChildren(...Array.from({ length: count }, (_, k) => el("span", {}, String(k + 1))));
      this.area.style.height = `${Math.min(34, Math.max(14, count + 1)) * HIGH + 18}px`;
    }
    this.state.textContent = this.dirty ? "Not saved yet." : "";
    this.save.disabled = !this.dirty;
    clearTimeout(this.later);
    this.later = setTimeout(() => this.check(), 400);
    this.advise();
  }

  async check() {
    const text = this.area.value;
    const found = await tell("check", { name: this.name, text });
    if (text !== this.area.value) return;
    this.line = found.line;
    this.fault.className = found.sentence ? "bad" : "good";
    this.fault.textContent = found.sentence ? `${found.line ? `Line ${found.line}: ` : ""}${found.sentence}` : found.told;
    this.area.setAttribute("aria-invalid", String(Boolean(found.sentence)));
    if (found.kind !== this.kind) {
      this.kind = found.kind;
      this.starter.say(RUNS[found.kind]?.(this.name) ?? "");
      this.starter.hidden = !RUNS[found.kind];
    }
    this.scrolled();
  }

  scrolled() {
    const top = -this.area.scrollTop;
    this.numbers.style.transform = `translateY(${top}px)`;
    this.band.hidden = !this.line;
    if (this.line) this.band.style.top = `${8 + (this.line - 1) * HIGH + top}px`;
    [...this.numbers.children].forEach((number, k) => number.classList.toggle("bad", k + 1 === this.line));
  }

  key(event) {
    if ((event.ctrlKey || event.metaKey) && event.key === "s") {
      event.preventDefault();
      this.keep().catch(() => {});
    }
  }

  // Save; what stood against it is told beside the button, and thrown for those that go on with the file.
  async keep() {
    const text = this.area.value;
    if (!this.dirty) return;
    try {
      this.sha256 = (await tell("save", { name: this.name, text, sha256: this.sha256 })).sha256;
      this.saved = text;
      this.changed();
      this.state.textContent = "Saved.";
      showFiles();
    } catch (error) {
      this.state.replaceChildren(sentence(error));
      throw error;
    }
  }

  // Before a line starts: what it names is as it should be, and saved.
  async ready(line) {
    await this.check();
    if (line.includes(quoted(this.name)) && this.fault.className === "bad") throw new Error(`expected ${this.name} as it should be, got the fault told in red above; mend it first.`);
    await this.keep();
  }

  // Another browser, or a program, may have saved it.
  async follow() {
    if (this.asking || !this.area) return;
    this.asking = true;
    try {
      const found = await ask("text", { name: this.name });
      if (found.sha256 !== this.sha256 && !this.dirty) this.take(found);
      else if (found.sha256 !== this.sha256) this.state.textContent = "The file changed elsewhere; Read again takes that, and loses what is not saved here.";
    } finally {
      this.asking = false;
    }
  }

  // ---- help ----

  // Keys from the outermost to that of the caret's line, by their indents.
  get keys() {
    const lines = this.area.value.slice(0, this.area.selectionStart).split("\n");
    const rest = this.area.value.slice(this.area.selectionStart).split("\n")[0];
    lines[lines.length - 1] += rest;
    const found = [];
    let indent = Infinity;
    for (const line of lines.reverse()) {
      const match = /^(\s*(?:- )?)([\w.]+):/.exec(line);
      if (match && match[1].length < indent) {
        found.unshift(match[2]);
        indent = match[1].length;
      }
    }
    return found;
  }

  advise() {
    const keys = this.keys, at = keys.at(-1) ?? "";
    const named = (key) => this.help.find((part) => part.section === (ALIASES[key] ?? key));
    const own = keys.toReversed().map(named).find(Boolean) ?? this.help[0];
    const parent = keys.length > 1 ? keys.slice(0, -1).toReversed().map(named).find(Boolean) : this.help[0];
    const parts = [...new Set([own, parent].filter(Boolean))];
    const state = parts.map((part) => part.section).join() + at;
    if (state === this.advised) return;
    this.advised = state;
    this.side.replaceChildren(...parts.flatMap((part) => [el("h3", {}, part.section),
      el("dl", {}, part.rows.flatMap((row) => [
        el("dt", { class: row.keys.includes(at) ? "here" : "" }, row.keys.join(", "), row.default ? el("span", { class: "small" }, " ", worded(row.default)) : null),
        el("dd", { class: row.keys.includes(at) ? "here" : "" }, worded(row.text))]))]));
    const here = this.side.querySelector("dl .here"), first = this.side.querySelector("dl");
    this.side.scrollTop = here && first.contains(here) ? Math.max(0, here.offsetTop - 60) : 0;
  }
}

// The name of a new case, and its editor.
export const newCase = (main) => {
  const name = el("input", { size: 30, value: "case.yaml", "aria-label": "Name of the new case" });
  main.replaceChildren(section("A new case", el("form", { class: "choices", onsubmit: (event) => {
    event.preventDefault();
    location.hash = link("case", name.value.trim());
  } }, el("label", {}, "Name ", name), el("button", { type: "submit", class: "main" }, "Begin"))));
};
