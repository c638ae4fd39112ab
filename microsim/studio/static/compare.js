// Runs of the folder: their pages side by side, and the command that puts them on one page.

import { ask } from "./api.js";
import { commandLine } from "./jobs.js";
import { button, el, link, section } from "./parts.js";

const MOST = 6;
const page = (path) => `/shown/${path.split("/").map(encodeURIComponent).join("/")}/report.html`;
const quoted = (word) => /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

export class CompareView {
  constructor(main, state) { Object.assign(this, { main, state, chosen: [] }); }

  async open() {
    this.list = el("tbody", {});
    this.frames = el("div", { class: "frames" });
    this.one = commandLine("");
    this.words = el("p", { class: "note" });
    this.side = button("Side by side", () => this.show(), { class: "main" });
    this.main.replaceChildren(section("Compare runs", this.words,
      el("div", { class: "table" }, el("table", {}, el("thead", {}, el("tr", {}, el("th", {}, ""), el("th", {}, "Run"), el("th", {}, "Title"),
        el("th", { class: "number" }, "mAh g⁻¹"), el("th", {}, "Ended"))), this.list)), this.side, this.one), this.frames);
    await this.read();
  }

  async read() {
    const { runs, can_compare } = await ask("runs");
    this.canCompare = can_compare;
    const key = JSON.stringify(runs);
    if (key === this.key) return;
    this.key = key;
    this.chosen = this.chosen.filter((path) => runs.some((run) => run.path === path));
    this.list.replaceChildren(...runs.map((run) => el("tr", {},
      el("td", {}, el("input", { type: "checkbox", checked: this.chosen.includes(run.path), "aria-label": `Choose ${run.path}`,
        onchange: (event) => this.choose(run.path, event.target) })),
      el("td", {}, el("a", { href: link("page", `${run.path}/report.html`) }, run.path)), el("td", {}, run.title ?? ""),
      el("td", { class: "number" }, run.capacity_mAh_g?.toFixed(1) ?? ""), el("td", {}, new Date(1000 * run.ended).toLocaleString([], { dateStyle: "short", timeStyle: "short" })))));
    this.tell();
  }

  follow({ jobs }) {
    const over = jobs.filter((job) => job.ended).length;
    if (over !== this.over) this.read();
    this.over = over;
  }

  choose(path, box) {
    this.chosen = box.checked ? [...this.chosen, path] : this.chosen.filter((other) => other !== path);
    this.tell();
  }

  tell() {
    const enough = this.chosen.length > 1 && this.chosen.length <= MOST;
    this.side.disabled = !enough;
    this.one.hidden = !enough || !this.canCompare;
    this.one.say(`microsim report ${this.chosen.map(quoted).join(" ")} --out out/side_by_side`);
    this.words.textContent = this.list.children.length < 2 ? "Two finished runs are needed." : `Choose two to ${MOST} runs.`;
  }

  show() {
    this.frames.replaceChildren(...this.chosen.map((path) => el("figure", {}, el("figcaption", {}, path),
      el("iframe", { class: "page", src: page(path), title: `Report of ${path}`, sandbox: "allow-scripts allow-downloads" }))));
  }
}
