// Jobs: a command line, how far each is, how it ended, and what it wrote.

import { ask, tell } from "./api.js";
import { button, duration, el, link, section, sentence } from "./parts.js";

const WORDS = { waiting: "waiting", running: "running", stopping: "stopping", done: "done", stopped: "stopped", failed: "failed", lost: "lost" };
const OPENS = [[/\.html$/, "page"], [/\.(ya?ml)$/, "case"], [/\.(tiff?|nrrd|mhd|mha|npy|npz|am|vti|zarr|raw)$/, "volume"]];
export const opens = (path) => link(OPENS.find(([ending]) => ending.test(path))?.[1] ?? "page", path);

// A command line that may be changed before it is started; `started` is told the job's number.
// before: what is done with the line first; what it throws is said, and nothing starts.
export const commandLine = (line, started = () => { location.hash = "#/jobs"; }, before = async (_line) => {}) => {
  const input = el("textarea", { class: "line", rows: 2, spellcheck: "false", autocomplete: "off", "aria-label": "Command line", onkeydown: (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    form.requestSubmit();
  } }, line);
  const complaint = el("div", {});
  const start = async (event) => {
    event.preventDefault();
    if (press.disabled) return;
    complaint.replaceChildren();
    press.disabled = true; // a second press meanwhile would start it twice
    try {
      await before(input.value);
      started((await tell("start", { line: input.value })).number);
    } catch (error) {
      complaint.append(sentence(error));
    } finally {
      press.disabled = false;
    }
  };
  const press = el("button", { type: "submit", class: "main" }, "Start");
  const form = el("form", { class: "command", onsubmit: start }, el("span", { "aria-hidden": "true" }, "$"), input, press);
  return Object.assign(el("div", { class: "starter" }, form, complaint), { say: (text) => { input.value = text; } });
};

// What a job doubts of its own result, or a recipe of its labels.
export const doubts = ({ doubts: told }) => (told ?? []).map((said) => el("li", {}, `Doubt: ${said}`));

class Card {
  constructor(number) {
    this.number = number;
    this.state = el("span", { class: "state" });
    this.line = el("code", {});
    this.times = el("span", { class: "small" });
    this.bar = el("progress", { "aria-label": `Progress of job ${number}` });
    this.left = el("p", { class: "small" });
    this.said = el("p", { class: "said" });
    this.doubts = el("ul", { class: "doubts" });
    this.links = el("p", { class: "links" });
    this.acts = el("p", { class: "acts" });
    this.printed = el("pre", { tabindex: "0", role: "region", "aria-label": `What job ${number} printed` });
    this.more = el("details", { ontoggle: () => this.read() }, el("summary", {}, "What it printed"), this.printed);
    this.root = el("li", { class: "job", id: `job-${number}` },
      el("p", { class: "head" }, this.state, el("b", {}, ` job ${number} `), this.times), this.line,
      this.bar, this.left, this.said, this.doubts, this.links, this.acts, this.more);
  }

  show(job, again) {
    const key = JSON.stringify(job);
    if (key === this.key) return;
    this.key = key;
    const { state, progress } = job, busy = state === "running" || state === "stopping";
    this.root.dataset.state = state;
    this.state.textContent = WORDS[state];
    this.line.textContent = job.line;
    const clock = (s) => new Date(1000 * s).toLocaleString([], { dateStyle: "short", timeStyle: "short" });
    this.times.textContent = job.ended && job.started ? `${clock(job.started)}, took ${duration(job.ended - job.started)}`
      : job.started ? `since ${clock(job.started)}` : `asked ${clock(job.asked)}`;
    this.bar.hidden = this.left.hidden = !busy;
    if (progress.total) Object.assign(this.bar, { max: progress.total, value: progress.done });
    else this.bar.removeAttribute("value");
    const left = progress.left_s === undefined ? "" : `, about ${duration(progress.left_s)} left`;
    this.left.textContent = `${progress.message ?? "starting"}${left}`;
    this.said.hidden = !job.sentence;
    this.said.textContent = job.sentence;
    this.doubts.replaceChildren(...doubts(job));
    this.doubts.hidden = !job.doubts.length;
    this.links.replaceChildren(...job.written.flatMap(([label, path]) => [el("a", { href: opens(path) }, `${label}: ${path}`), " "]));
    this.links.hidden = !job.written.length;
    this.acts.replaceChildren(...this.buttons(job, busy, again));
    if (this.more.open) this.read();
  }

  buttons(job, busy, again) {
    const made = [];
    const act = (text, now) => button(text, async () => {
      try { await tell("stop", { number: this.number, now }); } catch (error) { this.said.hidden = false; this.said.textContent = error.message; }
    });
    if (job.state === "waiting") made.push(act("Take out of the queue", false));
    if (busy) made.push(act(job.state === "stopping" ? "Stop at once" : "Stop", job.state === "stopping"));
    if (job.resume) made.push(button("Go on", () => again(job.resume, true), { title: "From the checkpoint that it left" }));
    if (!busy && job.state !== "waiting") made.push(button("Again", () => again(job.line, false), { title: "From the beginning: puts the line above, to start it" }));
    made.push(button("Copy", () => navigator.clipboard.writeText(job.line), { title: "Copy the command line" }));
    return made;
  }

  async read() {
    if (!this.more.open) return;
    const { out, err } = await ask("job", { number: this.number });
    this.printed.textContent = [out, err].filter(Boolean).join("\n") || "Nothing yet.";
  }
}

export class JobsView {
  constructor(main, state) {
    Object.assign(this, { main, state, cards: new Map() });
  }

  open() {
    this.line = commandLine("microsim run cases/demo.yaml", () => {});
    this.list = el("ol", { class: "jobs", "aria-label": "Jobs, the last one first" });
    this.none = el("p", { class: "note" }, "Nothing was started yet.");
    this.main.replaceChildren(
      section("Start a job", el("p", { class: "note" }, "Any command of microsim, as a terminal in this folder takes it; file names are those of this folder."), this.line),
      section("Jobs", this.none, this.list));
    this.follow(this.state());
  }

  follow({ jobs }) {
    this.none.hidden = jobs.length > 0;
    jobs.forEach((job, place) => {
      if (!this.cards.has(job.number)) this.cards.set(job.number, new Card(job.number));
      const card = this.cards.get(job.number);
      if (this.list.children[place] !== card.root) this.list.insertBefore(card.root, this.list.children[place] ?? null);
      card.show(job, (line, now) => this.again(line, now));
    });
  }

  async again(line, now) {
    if (now) await tell("start", { line });
    else this.line.say(line);
    this.line.scrollIntoView({ block: "nearest" });
  }
}
