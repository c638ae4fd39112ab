// The files of the folder, one level at a time.

import { ask } from "./api.js";
import { bytes, button, el, link, sentence } from "./parts.js";

const OPENS = { volume: "volume", page: "page", case: "case", file: "page" };
let here = "";

const row = (file) => {
  const mark = el("span", { class: `kind-of ${file.kind}` }, file.kind);
  const size = el("span", { class: "size" }, file.size === null ? "" : bytes(file.size));
  if (file.kind === "folder" || file.kind === "run") {
    const open = button(`${file.name}/`, () => showFiles(file.path), { class: "plain" });
    const report = file.kind === "run" ? el("a", { href: link("page", `${file.path}/report.html`) }, "report") : null;
    return el("li", {}, open, report ?? mark, size);
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
