// The studio's page: files on the left, and what the address after # names: a volume, a page of the folder.

import { ask } from "./api.js";
import { addFiles, showFiles } from "./files.js";
import { CaseView, newCase } from "./case.js";
import { CompareView } from "./compare.js";
import { JobsView } from "./jobs.js";
import { el, section, sentence } from "./parts.js";
import { VolumeView } from "./volume.js";

const main = document.getElementById("main");
let shown = null;
let state = { jobs: [] };

const STEPS = [
  ["A grey image", "opens in three sections: a stack (TIFF, HDF5, NRRD, …), or a folder of slices as volume. Check its voxel size, and that x runs from the separator to the current collector."],
  ["Segment it", "by its grey values, or by labels that you paint on it. The result is a label volume, with what speaks against it."],
  ["Labels", "get names, and give fractions, tortuosity, permeability: each a command line that a terminal repeats."],
  ["A case of this volume", "is a cell with a protocol, with what it assumes beside each line. Start it: the report opens from Jobs."],
  ["Compare", "a run with a measured map, or runs with each other."],
];

const welcome = () => {
  main.append(section("From an image to a report", el("p", {}, "Choose a file on the left, or add one from anywhere on this machine."),
    el("ol", { class: "steps" }, STEPS.map(([what, how]) => el("li", {}, el("b", {}, what), ` ${how}`))),
    el("p", { class: "note" }, "Nothing of your own at hand? ", el("a", { href: "#/jobs" }, "Jobs"), " runs the demo: microsim run cases/demo.yaml.")));
};

const page = (path) => {
  const address = `/shown/${path.split("/").map(encodeURIComponent).join("/")}`;
  main.append(el("iframe", { class: "page", src: address, title: path, sandbox: "allow-scripts allow-downloads" }));
};

const VIEWS = {
  "": welcome,
  volume: (path) => new VolumeView(main, path),
  page,
  case: (path) => new CaseView(main, path),
  new: () => newCase(main),
  compare: () => new CompareView(main, () => state),
  jobs: () => new JobsView(main, () => state),
};

const go = async () => {
  shown?.leave?.();
  shown = null;
  const [, kind = "", ...rest] = location.hash.split("/");
  const path = rest.map(decodeURIComponent).join("/");
  main.replaceChildren();
  delete main.dataset.view;
  try {
    shown = await (VIEWS[kind] ?? welcome)(path);
    await shown?.open?.();
    main.dataset.view = [kind, path].filter(Boolean).join("/");
  } catch (error) {
    main.append(sentence(error));
  }
};

// How many jobs run and wait; when one ends, there may be new files.
let ended = null;
const tellJobs = () => {
  const count = (...states) => state.jobs.filter((job) => states.includes(job.state)).length;
  const [busy, waiting] = [count("running", "stopping"), count("waiting")];
  document.getElementById("nav-jobs").textContent = busy || waiting ? `Jobs (${busy} running, ${waiting} waiting)` : "Jobs";
  const over = state.jobs.length - busy - waiting;
  if (ended !== null && over !== ended) showFiles();
  ended = over;
};

// The server lives: its folder and version; when it does not answer the page says so and goes on asking.
const watch = async () => {
  try {
    state = await ask("state");
    document.getElementById("folder").textContent = state.folder;
    document.getElementById("version").textContent = state.version;
    document.title = `${state.folder}: microsim studio`;
    document.getElementById("lost").hidden = true;
    tellJobs();
    shown?.follow?.(state);
  } catch (error) {
    document.getElementById("lost").hidden = !(error instanceof TypeError); // of fetch: nobody answers
    if (!(error instanceof TypeError)) throw error;
  }
  setTimeout(watch, 1000);
};

if (location.search) history.replaceState(null, "", `/${location.hash}`); // the token does not stay in the address
addEventListener("hashchange", go);
addEventListener("beforeunload", (event) => { if (shown?.unsaved) event.preventDefault(); }); // the browser asks
document.getElementById("look-again").addEventListener("click", () => showFiles());
const add = document.getElementById("add");
const take = (files) => addFiles([...files], document.getElementById("added"));
add.addEventListener("change", () => { take(add.files); add.value = ""; });
const aside = document.querySelector("aside");
aside.addEventListener("dragover", (event) => event.preventDefault());
aside.addEventListener("drop", (event) => { event.preventDefault(); take(event.dataTransfer.files); });
showFiles();
watch();
go();
