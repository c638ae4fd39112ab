// The studio's page: files on the left, and what the address after # names: a volume, a page of the folder.

import { ask } from "./api.js";
import { showFiles } from "./files.js";
import { el, section, sentence } from "./parts.js";
import { VolumeView } from "./volume.js";

const main = document.getElementById("main");
let shown = null;

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
};

const go = async () => {
  shown?.leave?.();
  shown = null;
  const [, kind = "", ...rest] = location.hash.split("/");
  const path = rest.map(decodeURIComponent).join("/");
  main.replaceChildren();
  try {
    shown = await (VIEWS[kind] ?? welcome)(path);
    await shown?.open?.();
  } catch (error) {
    main.append(sentence(error));
  }
};

// The server lives: its folder and version; when it does not answer the page says so and goes on asking.
const watch = async () => {
  try {
    const state = await ask("state");
    document.getElementById("folder").textContent = state.folder;
    document.getElementById("version").textContent = state.version;
    document.title = `${state.folder}: microsim studio`;
    document.getElementById("lost").hidden = true;
  } catch (error) {
    document.getElementById("lost").hidden = false;
  }
  setTimeout(watch, 1000);
};

if (location.search) history.replaceState(null, "", `/${location.hash}`); // the token does not stay in the address
addEventListener("hashchange", go);
document.getElementById("look-again").addEventListener("click", () => showFiles());
showFiles();
watch();
go();
