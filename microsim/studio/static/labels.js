// What can be done with labels: names of the phases, measures, transport, a case.

import { tell } from "./api.js";
import { begin } from "./case.js";
import { commandLine, doubts } from "./jobs.js";
import { button, el, link, quoted, section, sentence } from "./parts.js";

const LINES = {
  "Fractions, connectivity, surface": (volume, about) => `microsim info ${volume} ${about}`,
  "Tortuosity factor": (volume, about, first, out) => `microsim transport ${volume} ${about} --conducting ${first} --axis all --report ${out("transport")}`,
  "Permeability": (volume, about, first, out) => `microsim flow ${volume} ${about} --through ${first} --axis all --report ${out("flow")}`,
  "Impedance of the pores": (volume, about, first, out) => `microsim eis ${volume} ${about} --conducting ${first} --axis x --out ${out("eis")}`,
  "Sizes, chords, contacts": (volume, about) => `microsim info ${volume} ${about} --measures all`,
};
const COLUMNS = 8; // colours of studio.css

// What speaks against labels that segment made, as the recipe beside them has it.
export const doubtsOf = (about) => {
  const unknown = Object.keys(about.names).length > 0 && about.doubts === null;
  return unknown ? el("p", { class: "small" }, "What speaks against these labels is not known: their recipe was written for others, or by hand.")
    : el("ul", { class: "doubts" }, doubts(about));
};

export const labelsSections = (view) => {
  const { labels, names } = view.about;
  const stem = view.name.split("/").at(-1).replace(/\.\w+(::.*)?$/, "");
  const inputs = labels.map(({ label }) => el("input", { size: 9, value: names[label] ?? `label${label}`, "aria-label": `Name of label ${label}`, oninput: () => write() }));
  const rows = labels.map(({ label, fraction, voxels }, number) => el("tr", {},
    el("td", {}, el("span", { class: "swatch", "data-colour": String(number % COLUMNS) }), String(label)), el("td", {}, inputs[number]),
    el("td", { class: "number" }, `${(100 * fraction).toFixed(2)} %`), el("td", { class: "number" }, String(voxels))));
  const table = el("table", {}, el("thead", {}, el("tr", {}, el("th", {}, "label"), el("th", {}, "phase"),
    el("th", { class: "number" }, "fraction"), el("th", { class: "number" }, "voxels"))), el("tbody", {}, rows));
  const choice = el("select", { "aria-label": "What to compute", onchange: () => write() }, Object.keys(LINES).map((name) => el("option", { value: name }, name)));
  const starter = commandLine("", undefined, () => view.settled()), complaint = el("div", {});
  const phases = () => Object.fromEntries(labels.map(({ label }, number) => [inputs[number].value.trim(), label]));
  const write = () => {
    view.call(Object.fromEntries(labels.map(({ label }, number) => [label, inputs[number].value])));
    const named = phases(), first = "pore" in named ? "pore" : Object.keys(named)[0];
    const { voxel_size_nm, file_axes } = view.given;
    const about = [`--phases ${quoted(Object.entries(named).map(([name, label]) => `${name}=${label}`).join(","))}`,
      voxel_size_nm ? `--voxel-size-nm ${quoted(voxel_size_nm)}` : "", file_axes ? `--file-axes ${quoted(file_axes)}` : ""].filter(Boolean).join(" ");
    starter.say(LINES[choice.value](quoted(view.name), about, quoted(first), (what) => quoted(`out/${stem}_${what}`)));
  };
  const make = async () => {
    const name = view.name.replace(/\.\w+(::.*)?$/, ".yaml");
    complaint.replaceChildren();
    try {
      await view.settled();
      begin(name, (await tell("begin", { ...view.query, phases: phases() })).text);
      location.hash = link("case", name);
    } catch (error) {
      complaint.append(sentence(error));
    }
  };
  write();
  return [section("Labels", el("p", { class: "note" }, "Name each label as what it is: the names are those of every command below."), el("div", { class: "table" }, table), doubtsOf(view.about)),
    section("Go on with them", el("div", { class: "choices" }, el("label", {}, "Compute ", choice), button("A case of this volume", make, { id: "make-case" })), complaint, starter)];
};
