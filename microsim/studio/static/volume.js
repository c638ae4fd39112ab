// A volume: three sections that slide, their contrast, the value under the pointer, and all of it in 3D.

import { ask, codesOf } from "./api.js";
import { el, section, sentence, slider } from "./parts.js";
import { labelsSections } from "./labels.js";
import { Painting } from "./paint.js";
import { Plane } from "./plane.js";

const AXES = ["x", "y", "z"];
const NONE = 65535;
// colours of labels that readers of any colour vision tell apart (Okabe and Ito); the first is most often pore
export const COLOURS = ["#30465e", "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7"];
export const colourOf = (number) => COLOURS[number % COLOURS.length];
export const rgbOf = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const times = (numbers) => numbers.join(" × ");
const round = (value) => Number(value.toPrecision(5)).toString();

export class VolumeView {
  constructor(main, name) {
    Object.assign(this, { main, name, given: {}, layers: [], hidden: new Set(), parts: [] });
  }

  get query() { return { name: this.name, ...this.given }; }

  async open() {
    this.main.setAttribute("aria-busy", "true");
    try {
      this.about = await ask("volume", this.query);
    } finally {
      this.main.removeAttribute("aria-busy");
    }
    this.leave(); // only now: of one that cannot be read in another way the view stays as it was
    this.contrast = [...this.about.contrast];
    this.at = this.about.shape.map((n) => n >> 1);
    this.isLabels = this.about.labels.length > 0;
    if (this.isLabels) this.hidden = new Set([this.about.labels[0].label]);
    this.called = { ...this.about.names };
    this.build();
    await this.draw();
    await this.turn3d();
    this.main.setAttribute("data-ready", this.name);
    return this;
  }

  leave() {
    this.main.removeAttribute("data-ready");
    this.turn?.gl?.getExtension("WEBGL_lose_context")?.loseContext();
    this.watching?.disconnect();
    document.removeEventListener("microsim-theme", this.again);
  }

  nameOf(label) { return this.called[label]?.trim() || `label ${label}`; }

  // Names of the labels, as they are typed: {label: name}.
  call(names) {
    this.called = names;
    this.named?.forEach((span, label) => { span.textContent = this.nameOf(label); });
  }

  // How the axes of labels of this volume are read.
  get axesGiven() { return this.given.file_axes ? { file_axes: this.given.file_axes } : {}; }

  follow(state) { return this.brush?.follow(state); }

  get size() { return this.about.shape.map((n, axis) => n * this.about.edge_um[axis]); }

  build() {
    this.planes = AXES.map((axis, number) => new Plane(this, number));
    this.value = el("output", { class: "value" });
    this.tools = el("div", { class: "brushes" });
    const box = section(this.name, this.told(), this.asked(), this.tools,
      el("div", { class: "sliders" }, this.planes.map((plane) => plane.slide)), this.tuning(),
      el("div", { class: "planes" }, this.planes.map((plane) => plane.panel)), el("p", {}, this.value));
    this.layers = [];
    this.brush = this.isLabels ? null : new Painting(this);
    this.main.replaceChildren(box);
    if (this.isLabels) this.main.append(...labelsSections(this));
    this.main.append(this.solid());
    this.again = () => this.draw();
    document.addEventListener("microsim-theme", this.again);
    this.watching = new ResizeObserver(() => this.planes.forEach((plane) => plane.paint()));
    this.watching.observe(box);
  }

  told() {
    const { shape, sized, edge_um, size_from, type, file_axes, said } = this.about;
    const nm = edge_um.map((edge) => round(1000 * edge));
    const from = { given: "as given", file: "as the file states", "data set": "of the data set" }[size_from] ?? "";
    const edge = sized ? `${new Set(nm).size === 1 ? nm[0] : times(nm)} nm (${from})` : "a size that the file does not state (type it below: lengths, cells and currents need it)";
    return el("p", { class: "note" }, `${times(shape)} voxels of ${edge}; ${type}; axes of the file ${file_axes}, slowest first: ${file_axes[0]} counts its slices, and x has to run from the separator to the current collector.`,
      said.map((line) => ` ${line}.`));
  }

  // What the file does not say, or says wrongly.
  asked() {
    const size = el("input", { size: 9, value: this.given.voxel_size_nm ?? "", placeholder: "of the file", "aria-label": "Voxel size in nm" });
    const axes = el("input", { size: 4, value: this.given.file_axes ?? "", placeholder: this.about.file_axes, "aria-label": "Axes of the file" });
    const part = el("input", { size: 14, value: this.name.split("::")[1] ?? "", placeholder: "data set in it", "aria-label": "Data set in the file" });
    const apply = el("button", { type: "submit" }, "Apply");
    const form = el("form", { class: "choices", onsubmit: (event) => { event.preventDefault(); this.take(size, axes, part); } },
      el("label", {}, "Voxel size (nm) ", size), el("label", { title: "Axes of the file, slowest first: zyx where the depth is the last one" }, "Axes ", axes),
      this.about.beside.length || this.name.includes("::") ? el("label", { title: this.about.beside.join(", ") }, "Data ::", part) : null,
      apply);
    const typed = [size, axes, part].map((input) => [input, input.value]);
    this.unapplied = () => typed.some(([input, value]) => input.value.trim() !== value);
    form.addEventListener("input", () => apply.classList.toggle("main", this.unapplied()));
    this.complaint = el("div", {});
    return el("div", {}, form, this.complaint);
  }

  // What is typed counts once it is applied: a command that started before would go without it.
  async settled() {
    if (this.unapplied()) throw new Error("expected what is typed beside Apply to be applied, or taken out; press Apply first, so that the command below says it.");
  }

  async take(size, axes, part) {
    const before = [this.given, this.name];
    this.given = Object.fromEntries([["voxel_size_nm", size.value.trim()], ["file_axes", axes.value.trim()]].filter(([, text]) => text));
    const stem = this.name.split("::")[0];
    this.name = part.value.trim() ? `${stem}::${part.value.trim()}` : stem;
    const brush = this.brush;
    try {
      await this.open();
      await this.brush?.resume(brush);
    } catch (error) {
      [this.given, this.name] = before;
      this.complaint.replaceChildren(sentence(error));
    }
  }

  tuning() {
    if (this.isLabels) return null;
    const { low, high, step } = this.about;
    const slide = (end, word) => {
      const told = el("output", {}, round(this.contrast[end]));
      const input = el("input", { type: "range", min: String(low), max: String(high), value: String(this.contrast[end]),
        step: String(step === 1 ? 1 : (high - low) / 1000 || 1), id: `contrast-${word}`,
        oninput: () => { this.contrast[end] = Number(input.value); told.textContent = round(this.contrast[end]); this.recolour(); } });
      return el("label", {}, el("span", {}, word === "dark" ? "Black at" : "White at"), input, told);
    };
    return el("div", { class: "sliders" }, slide(0, "dark"), slide(1, "bright"));
  }

  // Colour of every code, packed as a canvas wants it.
  get colours() {
    const key = this.isLabels ? "labels" : this.contrast.join();
    if (this.coloured === key) return this.table;
    this.coloured = key;
    this.table ??= new Uint32Array(65536);
    const { low, step } = this.about, [dark, bright] = this.contrast, span = bright - dark || 1e-30;
    const pack = (r, g, b) => (255 << 24 | b << 16 | g << 8 | r) >>> 0;
    if (this.isLabels) {
      this.about.labels.forEach(({ label }, number) => { this.table[(label - low) / step] = pack(...rgbOf(colourOf(number))); });
    } else {
      for (let code = 0; code < NONE; code++) {
        const grey = Math.round(255 * Math.min(1, Math.max(0, (low + step * code - dark) / span)));
        this.table[code] = pack(grey, grey, grey);
      }
    }
    this.table[NONE] = pack(128, 90, 90);
    return this.table;
  }

  async draw() { await Promise.all(this.planes.map((plane) => plane.draw())); }

  recolour() {
    this.planes.forEach((plane) => plane.paint());
    clearTimeout(this.later);
    this.later = setTimeout(() => this.turn?.draw(), 150);
  }

  // Go to a voxel: other sections follow, one cursor in all.
  goTo(at) {
    this.at = at.map((k, axis) => Math.min(this.about.shape[axis] - 1, Math.max(0, k)));
    this.planes.forEach((plane) => plane.follow());
    clearTimeout(this.later);
    this.later = setTimeout(() => this.turn?.draw(), 100);
    return this.draw();
  }

  say(at, code) {
    const { low, step, error, edge_um, sized } = this.about;
    const place = at.map((k, axis) => `${AXES[axis]} = ${sized ? ((k + 0.5) * edge_um[axis]).toFixed(2) : k}`).join(", ");
    const value = code === NONE ? "no value" : this.isLabels ? this.nameOf(low + step * code) : error ? `${round(low + step * code)} ± ${error.toPrecision(1)}` : String(low + step * code);
    this.value.textContent = `${place}${sized ? " µm" : ""}: ${value}`;
  }

  solid() {
    const cut = el("input", { type: "checkbox", id: "turn-cut", checked: true });
    const across = el("select", { id: "turn-across", "aria-label": "Axis across which it is cut open", onchange: () => this.turn.draw() }, AXES.map((axis, k) => el("option", { value: String(k), selected: k === 2 }, axis)));
    this.named = new Map(this.about.labels.map(({ label }) => [label, el("span", {}, this.nameOf(label))]));
    const chosen = this.isLabels ? this.about.labels.map(({ label }, number) => el("label", {},
      el("input", { type: "checkbox", checked: !this.hidden.has(label), onchange: (event) => {
        this.hidden[event.target.checked ? "delete" : "add"](label);
        this.turn.draw();
      } }), el("span", { class: "swatch", "data-colour": String(number % COLOURS.length) }), this.named.get(label)))
      : el("label", {}, "Shown from ", slider({ max: 100, value: 50, id: "turn-from", tell: (value) => `${value} %`,
        moved: () => { clearTimeout(this.later); this.later = setTimeout(() => this.turn.draw(), 60); } }), " of the contrast up");
    this.canvas3d = el("canvas", { id: "turn", tabindex: "0", role: "img", "aria-label": "The volume in three dimensions; drag it, or turn it with the arrow keys" });
    return section("In three dimensions", el("select", { id: "turn-of", hidden: true, "aria-label": "Volume that turns" }, el("option", { value: "it" })),
      el("div", { class: "choices" }, chosen, el("label", {}, cut, " cut open at the section across "), across),
      this.canvas3d, el("p", { class: "small", id: "turn-note" }, "Drag to turn, or use the arrow keys."));
  }

  async turn3d() {
    const [codes, headers] = await codesOf("coarse", this.query);
    const shape = headers.get("x-shape").split(",").map(Number), stride = Number(headers.get("x-stride"));
    if (stride > 1) document.getElementById("turn-note").textContent += ` One voxel in ${stride} along each axis is drawn.`;
    this.solidCodes = codes;
    this.turn = new microsim.Turn(new Solid(this, shape));
    this.turn.draw();
  }
}

// What the turning view of a run's page needs to know of the volume (report/scripts/turn.js).
class Solid {
  constructor(view, shape) {
    Object.assign(this, { view, shape });
    this.edge_um = view.size.map((size, axis) => size / shape[axis]);
    this.codes = new Uint16Array(view.solidCodes.length);
    this.none = NONE;
    this.count = view.solidCodes.length;
  }

  // One panel, whose volume is this: what is hidden has no value.
  get panels() {
    const { view } = this, from = Number(document.getElementById("turn-from")?.value ?? 0) / 100;
    const { low, step } = view.about, least = view.contrast[0] + from * (view.contrast[1] - view.contrast[0]);
    const state = `${[...view.hidden].join()}|${view.isLabels ? "" : least}|${view.contrast.join()}`;
    if (this.id !== "it" || this.state !== state) {
      this.state = state;
      this.id = "it";
      view.solidCodes.forEach((code, k) => {
        const value = low + step * code;
        this.codes[k] = code === NONE || (view.isLabels ? view.hidden.has(value) : value < least) ? NONE : code;
      });
    }
    const table = view.colours;
    const colours = () => (code) => [table[code] & 255, table[code] >> 8 & 255, table[code] >> 16 & 255];
    return [{ volume: this, limits: [state], colours }];
  }

  get across() { return Number(document.getElementById("turn-across").value); }

  get pinned() { return this.view.at.map((k, axis) => (k + 0.5) * this.view.about.edge_um[axis]); }

  voxel(place) {
    return place.map((p, axis) => Math.min(this.shape[axis] - 1, Math.max(0, Math.floor(p / this.edge_um[axis]))));
  }
}

