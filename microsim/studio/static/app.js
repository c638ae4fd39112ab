// The studio's page: files on the left, and what the address after # names: a volume, a page of the folder.

import { ask } from "./api.js";
import { showFiles } from "./files.js";
import { CaseView, newCase } from "./case.js";
import { CompareView } from "./compare.js";
import { JobsView } from "./jobs.js";
import { el, section, sentence } from "./parts.js";
import { VolumeView } from "./volume.js";

const main = document.getElementById("main");
let shown = null;
let state = { jobs: [] };

const welcome = () => {
  main.append(section("Welcome", el("p", {}, "Choose a file on the left: a volume opens in three sections and in 3D.")));
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
document.getElementById("look-again").addEventListener("click", () => showFiles());
showFiles();
watch();
go();
