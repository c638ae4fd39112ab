"use strict";
// Sections: one panel a volume, all at the same place and time.

(() => {
  const AXES = "xyz";
  const hexOf = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const shadeOf = (element) => getComputedStyle(element).backgroundColor.match(/[\d.]+/g).slice(0, 3).map(Number);

  class Panel {
    constructor(volume, viewer) {
      this.volume = volume;
      this.viewer = viewer;
      this.root = document.getElementById(`panel-${volume.id}`);
      this.canvas = this.root.querySelector("canvas");
      this.output = this.root.querySelector("output");
      this.bar = this.root.querySelector(".bar");
      this.picture = document.createElement("canvas");
      if (!volume.names) this.palette = microsim.bytesOf(viewer.about.colours[volume.colours]);
      this.listen();
    }

    listen() {
      const move = (event) => this.viewer.point(this.placeOf(event));
      this.canvas.addEventListener("pointermove", move);
      this.canvas.addEventListener("pointerleave", () => this.viewer.point(null));
      this.canvas.addEventListener("click", (event) => this.viewer.goTo(this.placeOf(event)));
    }

    // Where the pointer is in the electrode (um): along the section, and at the depth of the slider across it.
    placeOf(event) {
      const box = this.canvas.getBoundingClientRect();
      const [a, b] = this.viewer.along;
      const place = [...this.viewer.pinned];
      const within = (share) => Math.min(1 - 1e-9, Math.max(0, share));
      place[a] = within((event.clientX - box.left) / box.width) * this.viewer.about.size_um[a];
      place[b] = within(1 - (event.clientY - box.top) / box.height) * this.viewer.about.size_um[b];
      return place;
    }

    get limits() {
      const { volume, viewer } = this;
      return volume.limits && !(viewer.ownColours && volume.moves) ? volume.limits : volume.frame?.limits;
    }

    // Colour of a code, [r, g, b].
    colours() {
      const { volume } = this;
      const none = shadeOf(this.canvas);
      if (volume.names) {
        const own = volume.own_colours.map(hexOf);
        return (code) => own[code] ?? none;
      }
      const limits = this.limits;
      return (code) => {
        if (code === volume.none) return none;
        const at = 3 * Math.round(255 * volume.share(code, limits));
        return this.palette.subarray(at, at + 3);
      };
    }

    draw() {
      const { volume, viewer } = this;
      const [a, b] = viewer.along;
      const across = volume.voxel(viewer.pinned.map((p, axis) => axis === viewer.across ? p : volume.corner_um[axis]));
      this.fit();
      const ink = this.canvas.getContext("2d");
      ink.clearRect(0, 0, this.canvas.width, this.canvas.height);
      if (across) {
        this.paint(across[viewer.across], a, b);
        const scale = [a, b].map((axis, side) => [this.canvas.width, this.canvas.height][side] / viewer.about.size_um[axis]);
        const [w, h] = [a, b].map((axis, side) => scale[side] * volume.edge_um[axis] * volume.shape[axis]);
        ink.imageSmoothingEnabled = false;
        ink.drawImage(this.picture, scale[0] * volume.corner_um[a],
          this.canvas.height - scale[1] * volume.corner_um[b] - h, w, h);
      }
      this.cross(ink, a, b);
      this.scale();
      this.say();
    }

    // The section's voxels, one pixel each.
    paint(layer, a, b) {
      const { volume } = this;
      const [width, height] = [volume.shape[a], volume.shape[b]];
      this.picture.width = width;
      this.picture.height = height;
      const image = new ImageData(width, height);
      const colour = this.colours();
      const at = [layer, layer, layer];
      for (let v = 0, k = 0; v < height; v++) {
        at[b] = height - 1 - v;
        for (let u = 0; u < width; u++, k += 4) {
          at[a] = u;
          const rgb = colour(volume.code(at));
          image.data[k] = rgb[0];
          image.data[k + 1] = rgb[1];
          image.data[k + 2] = rgb[2];
          image.data[k + 3] = 255;
        }
      }
      this.picture.getContext("2d").putImageData(image, 0, 0);
    }

    fit() {
      const [a, b] = this.viewer.along;
      const aspect = this.viewer.about.size_um[b] / this.viewer.about.size_um[a];
      const width = Math.round(this.canvas.clientWidth * (window.devicePixelRatio || 1)) || 300;
      const height = Math.max(1, Math.round(width * aspect));
      this.canvas.style.aspectRatio = `${width} / ${height}`;
      if (this.canvas.width !== width) this.canvas.width = width;
      if (this.canvas.height !== height) this.canvas.height = height;
    }

    cross(ink, a, b) {
      const [w, h] = [this.canvas.width, this.canvas.height];
      const place = this.viewer.place;
      const [u, v] = [w * place[a] / this.viewer.about.size_um[a], h * (1 - place[b] / this.viewer.about.size_um[b])];
      microsim.cross(ink, u, v, w, h);
    }

    // The colour bar with its ends.
    scale() {
      if (!this.bar) return;
      const ink = this.bar.querySelector("canvas").getContext("2d");
      const image = new ImageData(256, 1);
      for (let k = 0; k < 256; k++) image.data.set([...this.palette.subarray(3 * k, 3 * k + 3), 255], 4 * k);
      ink.putImageData(image, 0, 0);
      const ends = this.limits;
      const decimals = Math.min(9, Math.max(0, 2 - Math.floor(Math.log10(Math.max(ends[1] - ends[0], 1e-9)))));
      this.bar.querySelectorAll("span").forEach((span, end) => {
        span.textContent = ends[end].toFixed(decimals).replace("-", "\u2212");
      });
    }

    // The value under the cursor, in words.
    say() {
      const { volume, viewer } = this;
      const at = volume.voxel(viewer.place);
      if (!at) this.output.textContent = "outside of the map";
      else if (volume.names) this.output.textContent = volume.names[volume.code(at)] ?? "outside";
      else {
        const value = volume.value(volume.code(at));
        this.output.textContent = Number.isNaN(value) ? "no value here"
          : microsim.told(value, volume.frame.error, volume.unit, this.limits[1] - this.limits[0]);
      }
      this.canvas.setAttribute("aria-label",
        `${volume.title}, section across ${AXES[viewer.across]}; at the cursor: ${this.output.textContent}`);
    }
  }

  Object.assign(microsim, { Panel, hexOf });
})();
