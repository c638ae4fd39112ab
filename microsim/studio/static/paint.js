// Painting labels on a grey volume, segmenting with them, and the result over the grey image.

import { ask, codesOf, tell } from "./api.js";
import { commandLine } from "./jobs.js";
import { doubtsOf } from "./labels.js";
import { button, el, link, quoted, sentence, slider } from "./parts.js";
import { COLOURS, colourOf, rgbOf } from "./volume.js";

const AXES = ["x", "y", "z"];
const ERASE = 0;
const CLOSED = "Segment, paint labels";
const METHODS = { painted: "what is painted", thresholds: "grey values alone" };
const KEYS = "With the keyboard: Tab to a section, arrows move (Shift: ten voxels), Page Up and Down change the section, space paints, 1 to 8 choose a class, 0 the eraser, [ and ] the brush.";
const swatch = (number) => el("span", { class: "swatch", "data-colour": String(number % COLOURS.length) });

// Labels of another volume over this one.
class Result {
  constructor(view, name, about) {
    Object.assign(this, { view, name, about, share: 0.45, version: Date.now() });
    this.table = new Map(about.labels.map(({ label }, number) => [(label - about.low) / about.step, rgbOf(colourOf(number))]));
  }

  section(plane) { return plane.section({ name: this.name, ...this.view.axesGiven }, this.version); }

  colour(code) { return this.table.get(code) ?? null; }
}

export class Painting {
  constructor(view) {
    Object.assign(this, { view, label: 1, radius: 2, paints: false, share: 0.7, trail: null, version: "" });
    this.state = el("p", { class: "small", role: "status" });
    this.box = el("div", { class: "painting", hidden: true });
    this.over = el("div", { class: "over", hidden: true });
    this.switch = button(CLOSED, () => this.begin(), { id: "paint", "aria-expanded": "false" });
    view.tools.append(el("div", { class: "choices" }, this.switch, this.chooser()), this.box, this.over, this.state);
  }

  // ---- another volume's labels over this one ----

  chooser() {
    this.name = el("input", { size: 22, value: this.resultName, "aria-label": "Label volume to lay over", id: "over-name" });
    this.opacity = slider({ max: 100, value: 45, tell: (value) => `${value} %`, "aria-label": "How much the labels cover",
      moved: (value) => { if (this.result) { this.result.share = value / 100; this.view.planes.forEach((plane) => plane.paint()); } } });
    this.laid = el("span", { class: "choices", hidden: true }, el("label", {}, "covering ", this.opacity), button("Take away", () => this.lay("")));
    return el("form", { class: "choices", onsubmit: (event) => { event.preventDefault(); this.lay(this.name.value.trim()); } },
      el("label", {}, "Labels ", this.name), el("button", { type: "submit" }, "Lay over"), this.laid);
  }

  get resultName() {
    const [path, part] = this.view.name.split("::");
    return `${path.replace(/\.\w+$/, "")}${part ? `.${part.replaceAll("/", "_")}` : ""}.labels.tif`;
  }

  async lay(name) {
    this.over.hidden = this.laid.hidden = true;
    this.view.layers = this.view.layers.filter((layer) => layer !== this.result);
    this.result = null;
    this.state.textContent = "";
    try {
      if (name) {
        const about = await ask("volume", { name, ...this.view.axesGiven });
        if (about.shape.join() !== this.view.about.shape.join()) {
          throw new Error(`expected labels of ${this.view.about.shape.join(" × ")} voxels to lay over, got ${about.shape.join(" × ")} in ${name}; choose the labels of this volume.`);
        }
        if (!about.labels.length) throw new Error(`expected labels to lay over, got grey values in ${name}; choose labels.`);
        this.result = new Result(this.view, name, about);
        this.result.share = this.opacity.input.value / 100;
        this.view.layers = [this.result, ...this.view.layers];
        this.fractions(name, about);
      }
      await this.view.draw();
    } catch (error) {
      this.state.textContent = name === this.resultName ? `${error.message} To segment writes ${name}.` : error.message;
    }
  }

  // Fractions of the labels that lie over it, what speaks against them, and where they go on.
  fractions(name, about) {
    const rows = about.labels.map(({ label, fraction }, number) => el("li", {}, swatch(number),
      `${about.names[label] ?? `label ${label}`}: ${(100 * fraction).toFixed(2)} %`));
    this.over.replaceChildren(el("ul", { class: "key", id: "fractions" }, rows), doubtsOf(about), el("p", { class: "small" }, "Go on with ",
      el("a", { href: link("volume", name) }, name), ": names, fractions, tortuosity, a case."));
    this.over.hidden = this.laid.hidden = false;
  }

  // ---- the brush ----

  get query() { return this.view.query; }

  async begin() {
    if (!this.box.hidden) return this.end();
    try {
      this.told = await ask("painted", this.query);
    } catch (error) {
      this.state.replaceChildren(sentence(error));
      return null;
    }
    this.switch.setAttribute("aria-expanded", "true");
    this.switch.textContent = "End painting and segmenting";
    this.paints = true;
    this.view.layers.push(this);
    this.box.hidden = false;
    this.show(this.told);
    return this.view.draw();
  }

  // Once the volume is read in another way: what was open before stays open.
  async resume({ box, method, waits, result }) {
    this.waits = waits;
    this.method = method; // before the panel shows: no command line of another method may be there to start meanwhile
    if (!box.hidden) await this.begin();
    if (result) await this.lay(this.name.value = result.name);
  }

  end() {
    this.switch.setAttribute("aria-expanded", "false");
    this.switch.textContent = CLOSED;
    this.paints = false;
    this.box.hidden = true;
    this.view.layers = this.view.layers.filter((layer) => layer !== this);
    return this.view.draw();
  }

  // What the server says of the painted labels; also after another browser has painted.
  show(told) {
    const drawn = this.told !== told && told.stamp !== this.version;
    this.told = told;
    this.version = told.stamp;
    this.panel(told);
    if (drawn) this.view.draw();
  }

  panel({ classes, counts, undo, file }) {
    const key = JSON.stringify([classes.length, file]);
    if (key !== this.key) {
      this.key = key;
      if (this.label > classes.length) this.label = 1;
      this.counted = classes.map(() => el("span", { class: "small" }));
      this.names = classes.map((name, number) => el("input", { size: 8, value: name, "aria-label": `Name of class ${number + 1}`, onchange: () => this.rename() }));
      const rows = classes.map((_, number) => el("li", {},
        el("label", {}, el("input", { type: "radio", name: "class", "aria-label": `Paint class ${number + 1}`, value: String(number + 1), checked: this.label === number + 1, onchange: () => this.choose(number + 1) }),
          swatch(number)), this.names[number], this.counted[number]));
      const erase = el("label", {}, el("input", { type: "radio", name: "class", value: "0", checked: this.label === ERASE, onchange: () => this.choose(ERASE) }), " erase");
      this.size = slider({ max: 30, value: this.radius, id: "brush", tell: (radius) => `${2 * radius + 1} voxel${radius ? "s" : ""} wide`, moved: (radius) => { this.radius = radius; } });
      this.back = button("Undo", () => this.act("undo", {}));
      this.starter = commandLine("", (number) => { this.waits = number; this.state.textContent = "The segmentation is in the queue."; }, (line) => this.needsPaint(line));
      this.method = el("select", { id: "method", "aria-label": "Segment by", onchange: () => this.starter.say(this.line()) },
        Object.entries(METHODS).map(([key, words]) => el("option", { value: key, selected: key === (this.method?.value ?? "painted") }, words)));
      this.box.replaceChildren(el("p", { class: "note" }, `One class for each phase, from dark to bright. Paint a little of each in several places; ${file} keeps it. ${KEYS}`),
        el("ul", { class: "classes" }, rows, el("li", {}, erase)),
        el("div", { class: "choices" }, el("label", {}, "Brush ", this.size), this.back,
          button("Add a class", () => this.act("classes", { classes: this.withOneMore })),
          classes.length > 2 ? button("Drop the last", () => this.act("classes", { classes: this.told.classes.slice(0, -1) })) : null),
        el("div", { class: "choices" }, el("label", {}, "Segment by ", this.method)), this.starter);
      this.named = null;
    }
    // names stay in their boxes, of which one may be typed in just now
    this.names.forEach((input, number) => { if (input !== document.activeElement) input.value = classes[number]; });
    if (classes.join() !== this.named) this.starter.say(this.line());
    this.named = classes.join();
    this.counted.forEach((span, number) => { span.textContent = counts[number] === 1 ? "1 voxel" : `${counts[number]} voxels`; });
    this.back.disabled = !undo;
  }

  choose(label) { this.label = label; }

  rename() { this.act("classes", { classes: this.names.map((input) => input.value.trim()) }); }

  // The third of unpainted pore and am is most often what lies between them.
  get withOneMore() {
    const { classes, counts } = this.told;
    return classes.join() === "pore,am" && !counts[1] ? ["pore", "cbd", "am"] : [...classes, `phase${classes.length + 1}`];
  }

  // Refuse to segment by what is painted before there is some of each class.
  async needsPaint(line) {
    await this.view.settled();
    const { classes, counts } = this.told, bare = classes.filter((_, number) => !counts[number]);
    if (!/ --painted\b/.test(line) || !bare.length) return;
    throw new Error(`expected painted voxels of each class, got none of ${bare.join(" and ")}; paint some in the sections, or segment by ${METHODS.thresholds}.`);
  }

  line() {
    const { name, given } = this.view, { classes, file } = this.told;
    const size = given.voxel_size_nm ? ["--voxel-size-nm", given.voxel_size_nm] : [];
    const axes = given.file_axes ? ["--file-axes", given.file_axes] : [];
    const how = this.method.value === "painted" ? ["--method", "classifier", "--painted", file] : ["--denoise", "nlm"];
    const edges = classes.length > 2 ? ["--watershed"] : []; // a blurred edge passes through the phases between
    return ["microsim", "segment", name, "--out", this.resultName, "--phases", classes.join(","), ...how, ...edges, ...size, ...axes].map(quoted).join(" ");
  }

  async act(name, more) {
    try {
      this.show(await tell(name, { ...this.query, ...more }));
      this.state.textContent = "";
    } catch (error) {
      this.key = null;
      this.show(await ask("painted", this.query));
      this.state.textContent = error.message;
    }
  }

  // ---- what a plane asks of its brush, and a view of its layers ----

  down(plane, at, event) {
    if (!this.paints || event.button !== 0) return false;
    event.preventDefault();
    this.trail = { plane, points: [this.pair(plane, at)] };
    plane.show();
    return true;
  }

  move(plane, at) {
    this.cursor = { plane, point: this.pair(plane, at) };
    if (this.trail?.plane === plane) {
      const point = this.pair(plane, at), last = this.trail.points.at(-1);
      if (point.join() !== last.join()) this.trail.points.push(point);
    }
    if (this.paints) plane.show();
  }

  // A key in a section: whether it was one of the brush's.
  press(plane, event) {
    if (!this.paints || event.ctrlKey && event.key !== "z") return false;
    const classes = this.told.classes.length, at = this.view.at;
    if (event.key === " ") {
      this.trail = { plane, points: [this.pair(plane, at)] };
      this.up(plane);
    } else if (event.ctrlKey) this.act("undo", {});
    else if (/^[0-8]$/.test(event.key) && Number(event.key) <= classes) {
      this.choose(Number(event.key));
      this.box.querySelector(`input[name=class][value="${event.key}"]`).checked = true;
    } else if (event.key === "[" || event.key === "]") {
      this.radius = Math.min(30, Math.max(0, this.radius + (event.key === "]" ? 1 : -1)));
      this.size.say(this.radius);
    } else return false;
    this.move(plane, at);
    return true;
  }

  async up(plane) {
    if (this.trail?.plane !== plane) return;
    const { points } = this.trail;
    await this.act("stroke", { axis: AXES[plane.axis], index: this.view.at[plane.axis], points, radius: this.radius, label: this.label });
    this.trail = null;
    plane.show();
  }

  pair(plane, at) { return plane.along.map((axis) => at[axis]); }

  // The way of the brush until the server has it, and the brush itself.
  draw(plane, ink, scale) {
    const height = this.view.about.shape[plane.along[1]], stretch = ink.canvas.height / height;
    const place = ([u, v]) => [(u + 0.5) * scale, (height - v - 0.5) * stretch];
    const wide = (2 * this.radius + 1) * scale;
    const colour = this.label === ERASE ? "rgba(255,255,255,0.8)" : colourOf(this.label - 1);
    if (this.trail?.plane === plane) {
      Object.assign(ink, { strokeStyle: colour, fillStyle: colour, lineWidth: wide, lineCap: "round", lineJoin: "round", globalAlpha: 0.7 });
      ink.beginPath();
      this.trail.points.map(place).forEach(([x, y], k) => k ? ink.lineTo(x, y) : ink.moveTo(x, y));
      ink.lineTo(...place(this.trail.points.at(-1)));
      ink.stroke();
      ink.globalAlpha = 1;
    }
    if (this.cursor?.plane === plane) {
      Object.assign(ink, { strokeStyle: colour, lineWidth: 1.5 });
      ink.beginPath();
      ink.arc(...place(this.cursor.point), wide / 2, 0, 7);
      ink.stroke();
    }
  }

  section(plane) {
    const index = this.view.at[plane.axis], key = `${index}@${this.version}`;
    plane.painted ??= {};
    if (plane.painted.key !== key) {
      plane.painted = { key, codes: codesOf("painted_section", { ...this.query, axis: AXES[plane.axis], index }).then(([codes]) => codes) };
    }
    return plane.painted.codes;
  }

  colour(code) { return code ? rgbOf(colourOf(code - 1)) : null; }

  // Another browser may have painted, and the segmentation may be over.
  async follow({ jobs, painted }) {
    if (this.paints && !this.trail && painted[this.told.file] !== this.version) this.show(await ask("painted", this.query));
    const job = jobs.find(({ number }) => number === this.waits);
    if (!job || job.state === "waiting") return;
    const { message, left_s } = job.progress;
    if (!job.ended) this.state.textContent = `Segmenting: ${message ?? "starting"}${left_s === undefined ? "" : `, about ${Math.ceil(left_s)} s left`}`;
    else {
      this.waits = null;
      const out = job.written.find(([label]) => label === "labels");
      if (job.state === "done" && out) {
        this.name.value = out[1];
        await this.lay(out[1]);
      } else this.state.textContent = job.sentence || job.state;
    }
  }
}
