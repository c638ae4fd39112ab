// Runs of the folder: their pages side by side, and the command that puts them on one page.

import { ask } from "./api.js";
import { commandLine } from "./jobs.js";
import { button, el, link, quoted, section } from "./parts.js";

const MOST = 6;
const QUANTITIES = { soc: "state of charge (soc)", sto: "c_s / c_s_max (sto)", lithium: "lithium per formula unit" };
const page = (path) => `/shown/${path.split("/").map(encodeURIComponent).join("/")}/report.html`;

export class CompareView {
  constructor(main, state) { Object.assign(this, { main, state, chosen: [] }); }

  async open() {
    this.list = el("tbody", {});
    this.frames = el("div", { class: "frames" });
    this.one = commandLine("");
    this.orOne = el("span", {}, " or on one page:");
    this.words = el("p", { class: "note" });
    this.side = button("Side by side", () => this.show(), { class: "main" });
    this.main.replaceChildren(section("Compare runs", this.words,
      el("div", { class: "table" }, el("table", {}, el("thead", {}, el("tr", {}, el("th", {}, ""), el("th", {}, "Run"), el("th", {}, "Title"),
        el("th", { class: "number" }, "mAh g⁻¹"), el("th", {}, "Ended"))), this.list)), el("p", { class: "note" }, this.side, this.orOne), this.one), this.withMap(), this.frames);
    await this.read();
  }

  // A run against a map that was measured: its file, its voxels, what it holds.
  withMap() {
    this.run = el("select", { "aria-label": "Run", onchange: () => this.tellMap() });
    this.map = el("input", { size: 22, placeholder: "soc.tif", list: "maps", "aria-label": "File of the measured map", oninput: () => this.tellMap() });
    this.maps = el("datalist", { id: "maps" });
    this.edge = el("input", { size: 9, placeholder: "of the file", "aria-label": "Voxel size of the map in nm", oninput: () => this.tellMap() });
    this.quantity = el("select", { "aria-label": "What the map holds", onchange: () => this.tellMap() },
      Object.entries(QUANTITIES).map(([key, words]) => el("option", { value: key }, words)));
    this.mapLine = commandLine("");
    return section("Compare a run with a measured map", el("p", { class: "note" }, "The map's numbers have decimals: shares, not per cent; voxels without a value are NaN."),
      el("div", { class: "choices" }, el("label", {}, "Run ", this.run), el("label", {}, "Map ", this.map), el("label", {}, "Voxel size (nm) ", this.edge), el("label", {}, "It holds ", this.quantity)), this.maps, this.mapLine);
  }

  tellMap() {
    const edge = this.edge.value.trim() ? ` --measured-voxel-size-nm ${quoted(this.edge.value.trim())}` : "";
    const name = this.run.value.split("/").at(-1);
    this.mapLine.hidden = !this.run.value || !this.map.value.trim();
    this.mapLine.say(`microsim compare ${quoted(this.run.value)} ${quoted(this.map.value.trim())} --quantity ${this.quantity.value}${edge} --out ${quoted(`out/${name}_compared`)}`);
  }

  async read() {
    const [{ runs, can_compare }, { files }] = await Promise.all([ask("runs"), ask("files")]);
    this.maps.replaceChildren(...files.filter(({ kind }) => kind === "volume").map(({ path }) => el("option", { value: path })));
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
    const before = this.run.value;
    this.run.replaceChildren(...runs.map(({ path }) => el("option", { value: path, selected: path === before }, path)));
    this.tell();
    this.tellMap();
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
    this.one.hidden = this.orOne.hidden = !enough || !this.canCompare;
    this.one.say(`microsim report ${this.chosen.map(quoted).join(" ")} --out out/side_by_side`);
    this.words.textContent = this.list.children.length < 2 ? "Two finished runs are needed." : "Choose two to six runs.";
  }

  show() {
    this.frames.replaceChildren(...this.chosen.map((path) => el("figure", {}, el("figcaption", {}, path),
      el("iframe", { class: "page", src: page(path), title: `Report of ${path}`, sandbox: "allow-scripts allow-downloads" }))));
    this.frames.scrollIntoView({ block: "nearest" });
  }
}
