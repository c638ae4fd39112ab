"use strict";
// The voltage over time, with a handle at the stored time that the sections show.

(() => {
  const NAMESPACE = "http://www.w3.org/2000/svg";
  const HEIGHT = 190, EDGE = { left: 58, right: 16, top: 12, bottom: 40 };

  const unitOf = (span) => span > 5400 ? [3600, "h"] : span > 120 ? [60, "min"] : [1, "s"];

  const ticks = (low, high, count) => {
    const raw = (high - low || 1) / count, power = 10 ** Math.floor(Math.log10(raw));
    const step = power * [1, 2, 5, 10].find((times) => times * power >= raw);
    const found = [];
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) found.push(k * step);
    return [found, Math.max(0, -Math.floor(Math.log10(step) + 1e-9))];
  };

  class Curve {
    constructor(svg, viewer) {
      this.svg = svg;
      this.viewer = viewer;
      this.data = viewer.about.curve;
      const { time_s: t, voltage_V: v } = this.data;
      this.span = [t[0], t[t.length - 1]];
      const room = 0.06 * (Math.max(...v) - Math.min(...v) || 0.1);
      this.range = [Math.min(...v) - room, Math.max(...v) + room];
      this.listen();
    }

    // Draw it as wide as it is shown, so that its text has the page's size.
    draw() {
      const { time_s: t, voltage_V: v } = this.data;
      this.width = Math.max(300, this.svg.clientWidth);
      this.svg.replaceChildren();
      this.svg.setAttribute("viewBox", `0 0 ${this.width} ${HEIGHT}`);
      this.axes();
      this.add("polyline", { class: "line", points: t.map((s, k) => this.at(s, v[k]).join(",")).join(" ") });
      this.handle = this.add("line", { class: "handle", y1: EDGE.top, y2: HEIGHT - EDGE.bottom });
      this.knob = this.add("circle", { class: "knob", r: 6 });
    }

    add(kind, attributes, text) {
      const part = document.createElementNS(NAMESPACE, kind);
      for (const [name, value] of Object.entries(attributes)) part.setAttribute(name, value);
      if (text !== undefined) part.textContent = text;
      return this.svg.appendChild(part);
    }

    at(seconds, volts) {
      const share = (value, [low, high]) => high > low ? (value - low) / (high - low) : 0.5;
      return [EDGE.left + share(seconds, this.span) * (this.width - EDGE.left - EDGE.right),
        HEIGHT - EDGE.bottom - share(volts, this.range) * (HEIGHT - EDGE.top - EDGE.bottom)];
    }

    axes() {
      const [seconds, unit] = unitOf(this.span[1] - this.span[0]);
      const [marks, places] = ticks(this.span[0] / seconds, this.span[1] / seconds, Math.min(8, this.width / 90));
      for (const mark of marks) {
        const [u] = this.at(mark * seconds, 0);
        this.add("line", { class: "grid", x1: u, x2: u, y1: EDGE.top, y2: HEIGHT - EDGE.bottom });
        this.add("text", { x: u, y: HEIGHT - EDGE.bottom + 15, "text-anchor": "middle" }, mark.toFixed(places));
      }
      const [levels, decimals] = ticks(...this.range, 4);
      for (const level of levels) {
        const [, v] = this.at(0, level);
        this.add("line", { class: "grid", x1: EDGE.left, x2: this.width - EDGE.right, y1: v, y2: v });
        this.add("text", { x: EDGE.left - 7, y: v + 4, "text-anchor": "end" }, level.toFixed(decimals));
      }
      this.add("text", { x: (EDGE.left + this.width) / 2, y: HEIGHT - 6, "text-anchor": "middle" }, `Time (${unit})`);
      const middle = (HEIGHT - EDGE.bottom + EDGE.top) / 2;
      this.add("text", { x: 14, y: middle, "text-anchor": "middle", transform: `rotate(-90 14 ${middle})` }, "Voltage (V)");
    }

    listen() {
      let dragged = false;
      const move = (event) => {
        const box = this.svg.getBoundingClientRect();
        const share = ((event.clientX - box.left) * this.width / box.width - EDGE.left) / (this.width - EDGE.left - EDGE.right);
        this.viewer.showTime(this.nearest(this.span[0] + share * (this.span[1] - this.span[0])));
      };
      this.svg.addEventListener("pointerdown", (event) => {
        dragged = true;
        this.svg.setPointerCapture(event.pointerId);
        move(event);
      });
      this.svg.addEventListener("pointermove", (event) => { if (dragged) move(event); });
      for (const end of ["pointerup", "pointercancel"]) this.svg.addEventListener(end, () => { dragged = false; });
    }

    // The stored time next to one (s).
    nearest(seconds) {
      const gaps = this.viewer.about.times_s.map((time) => Math.abs(time - seconds));
      return gaps.indexOf(Math.min(...gaps));
    }

    // A column of the curve at a time (s), on the straight line between its rows.
    of(name, seconds) {
      const { time_s: t, [name]: values } = this.data;
      const after = t.findIndex((time) => time >= seconds);
      if (after <= 0) return values[after === 0 ? 0 : values.length - 1];
      const share = (seconds - t[after - 1]) / (t[after] - t[after - 1] || 1);
      return values[after - 1] + share * (values[after] - values[after - 1]);
    }

    show(seconds) {
      if (this.width !== Math.max(300, this.svg.clientWidth)) this.draw();
      const [u, v] = this.at(seconds, this.of("voltage_V", seconds));
      this.handle.setAttribute("x1", u);
      this.handle.setAttribute("x2", u);
      this.knob.setAttribute("cx", u);
      this.knob.setAttribute("cy", v);
      return `${this.of("voltage_V", seconds).toFixed(3)}\u202fV, `
        + `${this.of("capacity_mAh_g", seconds).toFixed(1).replace("-", "\u2212")}\u202fmAh\u202fg⁻¹`;
    }
  }

  Object.assign(microsim, { Curve, unitOf });
})();
