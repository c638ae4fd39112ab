// Parts of pages, made of plain elements.

export const el = (kind, about = {}, ...inside) => {
  const made = document.createElement(kind);
  for (const [name, value] of Object.entries(about)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "class") made.className = value;
    else if (name in made && name !== "list" && typeof value !== "string") made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...inside.flat().filter((part) => part !== null && part !== undefined && part !== false));
  return made;
};

export const button = (text, act, about = {}) => el("button", { type: "button", onclick: act, ...about }, text);

export const section = (title, ...inside) => el("section", {}, el("h2", {}, title), ...inside);

// A slider that says its value: moved(value) as it goes; tell(value) is what stands beside it.
export const slider = ({ moved, tell = String, min = 0, max, value, ...about }) => {
  const told = el("output", { class: "small" }, tell(value));
  const input = el("input", { type: "range", min: String(min), max: String(max), value: String(value), ...about,
    oninput: () => { told.textContent = tell(Number(input.value)); moved(Number(input.value)); } });
  const say = (number) => { input.value = String(number); told.textContent = tell(number); };
  return Object.assign(el("span", { class: "slider" }, input, told), { input, say });
};

export const sentence = (error) => el("p", { class: "notice", role: "alert" }, error.message ?? String(error));

export const bytes = (n) => n === null ? "" : n < 1e3 ? `${n} B` : n < 1e6 ? `${(n / 1e3).toFixed(0)} kB`
  : n < 1e9 ? `${(n / 1e6).toFixed(1)} MB` : `${(n / 1e9).toFixed(2)} GB`;

export const duration = (s) => s < 90 ? `${Math.round(s)} s` : s < 5400 ? `${Math.round(s / 60)} min` : `${(s / 3600).toFixed(1)} h`;

// A word of a command line: in quotes where a terminal would take it for more, or for less.
export const quoted = (word) => /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

export const link = (kind, path) => `#/${kind}/${path.split("/").map(encodeURIComponent).join("/")}`;
