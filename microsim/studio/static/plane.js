// One section of a volume: its slider, its picture, the cursor, and what other layers draw over it.

import { codesOf } from "./api.js";
import { el } from "./parts.js";

const AXES = ["x", "y", "z"];

export class Plane {
  constructor(view, axis) {
    Object.assign(this, { view, axis, along: [0, 1, 2].filter((other) => other !== axis), kept: new Map(), over: new Map() });
    const [a, b] = this.along.map((one) => AXES[one]);
    this.input = el("input", { type: "range", min: "0", max: String(view.about.shape[axis] - 1), step: "1", value: String(view.at[axis]),
      id: `slide-${AXES[axis]}`, oninput: () => view.goTo(view.at.map((k, one) => one === axis ? Number(this.input.value) : k)) });
    this.told = el("output", {});
    this.slide = el("label", {}, el("span", {}, axis === 0 ? "Depth x" : AXES[axis]), this.input, this.told);
    this.canvas = el("canvas", { role: "img", tabindex: "0", "aria-label": `Section across ${AXES[axis]}; arrow keys move in it, Page Up and Down through it` });
    this.panel = el("div", { class: "panel", id: `plane-${AXES[axis]}` }, el("h3", {}, `Across ${AXES[axis]} (${a} to the right, ${b} upwards)`), this.canvas);
    this.picture = document.createElement("canvas");
    this.listen();
  }

  listen() {
    this.canvas.addEventListener("pointermove", (event) => {
      const at = this.placeOf(event);
      this.tellValue(at);
      this.view.brush?.move(this, at, event);
    });
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    this.canvas.addEventListener("pointerdown", (event) => {
      if (this.view.brush?.down(this, this.placeOf(event), event)) this.canvas.setPointerCapture(event.pointerId);
    });
    for (const end of ["pointerup", "pointercancel"]) this.canvas.addEventListener(end, () => this.view.brush?.up(this));
    this.canvas.addEventListener("click", (event) => { if (!this.view.brush?.paints) this.view.goTo(this.placeOf(event)); });
  }

  // Arrows go along the section, pages across it; other keys are the brush's.
  async key(event) {
    const [a, b] = this.along, far = event.shiftKey ? 10 : 1;
    const ways = { ArrowRight: [a, far], ArrowLeft: [a, -far], ArrowUp: [b, far], ArrowDown: [b, -far], PageUp: [this.axis, far], PageDown: [this.axis, -far] };
    const way = ways[event.key];
    if (!way && !this.view.brush?.press(this, event)) return;
    event.preventDefault();
    if (!way) return;
    await this.view.goTo(this.view.at.map((k, one) => one === way[0] ? k + way[1] : k));
    this.tellValue(this.view.at);
    this.view.brush?.move(this, this.view.at, event);
  }

  tellValue(at) {
    if (this.codes) this.view.say(at, this.codes[at[this.along[0]] * this.view.about.shape[this.along[1]] + at[this.along[1]]]);
  }

  // The voxel under the pointer.
  placeOf(event) {
    const box = this.canvas.getBoundingClientRect(), at = [...this.view.at], [a, b] = this.along, { shape } = this.view.about;
    const within = (share, n) => Math.min(n - 1, Math.max(0, Math.floor(share * n)));
    at[a] = within((event.clientX - box.left) / box.width, shape[a]);
    at[b] = within(1 - (event.clientY - box.top) / box.height, shape[b]);
    return at;
  }

  follow() { this.input.value = String(this.view.at[this.axis]); }

  // Codes of a section, of the volume or of a layer; those seen last are kept.
  async section(query, version = "") {
    const index = this.view.at[this.axis], key = `${JSON.stringify(query)}@${index}@${version}`;
    if (!this.kept.has(key)) this.kept.set(key, codesOf("section", { ...query, axis: AXES[this.axis], index }).then(([codes]) => codes));
    if (this.kept.size > 24) this.kept.delete(this.kept.keys().next().value);
    try {
      return await this.kept.get(key);
    } catch (error) {
      this.kept.delete(key);
      throw error;
    }
  }

  async draw() {
    const index = this.view.at[this.axis], { edge_um, sized } = this.view.about;
    this.told.textContent = sized ? `${((index + 0.5) * edge_um[this.axis]).toFixed(2)} µm` : String(index);
    const layers = [...this.view.layers]; // others may lie over it before these are here
    const [codes, ...over] = await Promise.all([this.section(this.view.query), ...layers.map((layer) => layer.section(this))]);
    if (index !== this.view.at[this.axis]) return; // another one was asked for meanwhile
    this.codes = codes;
    this.over = new Map(layers.map((layer, number) => [layer, over[number]]));
    this.paint();
  }

  paint() {
    if (!this.codes) return;
    const [a, b] = this.along, [width, height] = [this.view.about.shape[a], this.view.about.shape[b]];
    [this.picture.width, this.picture.height] = [width, height];
    const image = new ImageData(width, height), pixels = new Uint32Array(image.data.buffer), { colours } = this.view;
    for (let v = 0, k = 0; v < height; v++) {
      for (let u = 0; u < width; u++, k++) pixels[k] = colours[this.codes[u * height + height - 1 - v]];
    }
    this.view.layers.forEach((layer) => this.lay(image.data, this.over.get(layer), layer, width, height));
    this.picture.getContext("2d").putImageData(image, 0, 0);
    this.show();
  }

  // A layer over the picture; colour(code) is [r, g, b], or null where it is not there.
  lay(data, codes, layer, width, height) {
    if (!codes) return;
    for (let v = 0, k = 0; v < height; v++) {
      for (let u = 0; u < width; u++, k += 4) {
        const rgb = layer.colour(codes[u * height + height - 1 - v]);
        if (rgb) for (let part = 0; part < 3; part++) data[k + part] += layer.share * (rgb[part] - data[k + part]);
      }
    }
  }

  show() {
    const [a, b] = this.along, size = this.view.size;
    const width = Math.round(this.canvas.clientWidth * (window.devicePixelRatio || 1)) || 300;
    const height = Math.max(1, Math.round(width * size[b] / size[a]));
    this.canvas.style.aspectRatio = `${width} / ${height}`;
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
    const ink = this.canvas.getContext("2d");
    ink.imageSmoothingEnabled = false;
    ink.drawImage(this.picture, 0, 0, width, height);
    this.cross(ink, width, height);
    this.view.brush?.draw(this, ink, width / this.view.about.shape[a]);
  }

  cross(ink, width, height) {
    const { at, about: { shape } } = this.view, [a, b] = this.along;
    const [u, v] = [width * (at[a] + 0.5) / shape[a], height * (1 - (at[b] + 0.5) / shape[b])];
    microsim.cross(ink, u, v, width, height);
  }
}
