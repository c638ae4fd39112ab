"use strict";
// The viewer: sliders over place and time, the panels that follow them, the voltage with its handle.

(() => {
  const AXES = "xyz";

  class Viewer {
    constructor(root, about) {
      this.root = root;
      this.about = about;
      this.across = about.shape[2] > 1 ? 2 : 1;
      this.time = about.times_s.length - 1;
      this.pointed = null;
      this.ownColours = true;
      this.sliders = [...AXES].map((axis) => document.getElementById(`slide-${axis}`));
      this.slider = document.getElementById("slide-time");
      this.panels = about.panels.map((panel) => new microsim.Panel(new microsim.Volume(panel), this));
      this.curve = about.curve && new microsim.Curve(document.getElementById("curve"), this);
      this.turn = new microsim.Turn(this);
      this.listen();
    }

    get along() { return [0, 1, 2].filter((axis) => axis !== this.across); }

    // Middle of the voxel that the sliders name (um).
    get pinned() {
      return this.sliders.map((slider, axis) => (Number(slider.value) + 0.5) * this.about.size_um[axis] / this.about.shape[axis]);
    }

    get place() { return this.pointed ?? this.pinned; }

    listen() {
      for (const slider of this.sliders) slider.addEventListener("input", () => this.draw());
      this.slider.addEventListener("input", () => this.showTime(Number(this.slider.value)));
      for (const choice of this.root.querySelectorAll("input[name=across]")) {
        choice.checked = Number(choice.value) === this.across;
        choice.addEventListener("change", () => { this.across = Number(choice.value); this.draw(); });
      }
      const own = document.getElementById("own-colours");
      own.checked = this.ownColours;
      own.addEventListener("change", () => { this.ownColours = own.checked; this.draw(); });
      new ResizeObserver(() => this.draw()).observe(this.root.querySelector(".panels"));
      document.addEventListener("microsim-theme", () => this.draw());
    }

    // The cursor follows the pointer, and goes back to the sliders without one.
    point(place) {
      this.pointed = place;
      this.draw();
    }

    goTo(place) {
      for (const axis of this.along) {
        this.sliders[axis].value = Math.floor(place[axis] / this.about.size_um[axis] * this.about.shape[axis]);
      }
      this.draw();
    }

    async showTime(number) {
      this.time = number;
      this.slider.value = number;
      this.tell();
      await Promise.all(this.panels.map((panel) => panel.volume.load(number)));
      if (this.time === number) this.draw();
    }

    // What the sliders stand at, in words.
    tell() {
      this.sliders.forEach((slider, axis) => {
        const text = `${this.pinned[axis].toFixed(2)}\u202fµm`;
        slider.setAttribute("aria-valuetext", text);
        slider.nextElementSibling.textContent = text;
      });
      const seconds = this.about.times_s[this.time];
      const last = this.about.times_s[this.about.times_s.length - 1];
      const [factor, unit] = microsim.unitOf(last);
      const more = this.curve ? `, ${this.curve.show(seconds)}` : "";
      const text = `${(seconds / factor).toFixed(factor > 1 ? 2 : 0)}\u202f${unit}${more}`;
      this.slider.setAttribute("aria-valuetext", `${text}; ${this.about.steps[this.time]}`);
      this.slider.nextElementSibling.textContent = text;
      document.getElementById("cursor").textContent =
        this.place.map((at, axis) => `${AXES[axis]} = ${at.toFixed(2)}`).join(", ") + "\u202fµm";
    }

    draw() {
      this.tell();
      for (const panel of this.panels) if (panel.volume.codes && !panel.root.hidden) panel.draw();
      if (!this.pointed) this.turn.draw();
    }
  }

  const root = document.getElementById("viewer-root");
  if (root) {
    root.hidden = false;
    microsim.viewer = new Viewer(root, JSON.parse(document.getElementById("viewer-about").textContent));
    microsim.viewer.ready = microsim.viewer.showTime(microsim.viewer.time);
    microsim.viewer.ready.then(() => root.setAttribute("data-ready", "yes"), (error) => {
      root.hidden = true;
      document.getElementById("viewer-note").textContent = `This browser cannot show the sections (${error.message}); `
        + "the figures below show the same run.";
    });
  }
})();
