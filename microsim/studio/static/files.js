// The files of the folder, one level at a time.

import { ask, send } from "./api.js";
import { bytes, button, el, link, sentence } from "./parts.js";

const OPENS = { volume: "volume", page: "page", case: "case", file: "page" };
// What a folder is beside its files: the report of a run, slices of one volume.
const INSIDE = { folder: () => null, run: (path) => el("a", { href: link("page", `${path}/report.html`) }, "report"),
  slices: (path) => el("a", { href: link("volume", path), title: "Open the slices as one volume" }, "as volume") };
let here = "";

const row = (file) => {
  const mark = el("span", { class: `kind-of ${file.kind}` }, file.name.endsWith(".recipe.yaml") ? "recipe" : file.kind);
  const size = el("span", { class: "size" }, file.size === null ? "" : bytes(file.size));
  if (INSIDE[file.kind]) {
    const open = button(`${file.name}/`, () => showFiles(file.path), { class: "plain" });
    return el("li", {}, open, INSIDE[file.kind](file.path) ?? mark, size);
  }
  return el("li", {}, el("a", { href: link(OPENS[file.kind], file.path) }, file.name), mark, size);
};

const crumbs = () => {
  const parts = here ? here.split("/") : [];
  const steps = parts.map((name, k) => [button(name, () => showFiles(parts.slice(0, k + 1).join("/")), { class: "plain" }), " / "]);
  return [button("top", () => showFiles(""), { class: "plain" }), " / ", ...steps.flat()];
};

export const showFiles = async (path = here) => {
  const list = document.getElementById("files");
  try {
    const { files } = await ask("files", { path });
    here = path;
    list.replaceChildren(...files.map(row));
    if (!files.length) list.append(el("li", { class: "note" }, "Nothing is here yet."));
  } catch (error) {
    list.replaceChildren(el("li", {}, sentence(error)));
  }
  document.getElementById("path").replaceChildren(...crumbs());
};

// Put files of the reader's own into the folder that is shown.
export const addFiles = async (files, told) => {
  told.replaceChildren();
  for (const file of files) {
    const line = el("p", { class: "small" }, `${file.name}: ${bytes(file.size)} …`);
    told.append(line);
    try {
      await send(here ? `${here}/${file.name}` : file.name, file);
      line.textContent = `${file.name}: is in the folder`;
    } catch (error) {
      line.replaceWith(sentence(error));
    }
  }
  showFiles();
};
