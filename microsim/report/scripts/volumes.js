"use strict";
// Volumes of the page: from base64 text to values on voxels. packing.py writes what is read here.

const microsim = {};

(() => {
  const bytesOf = (text) => {
    const binary = atob(text.trim());
    const bytes = new Uint8Array(binary.length);
    for (let k = 0; k < binary.length; k++) bytes[k] = binary.charCodeAt(k);
    return bytes;
  };

  const inflate = async (name) => {
    const packed = bytesOf(document.getElementById(`blob-${name}`).textContent);
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };

  // Differences of neighbours, low bytes then high bytes, to codes of so many bits.
  const codesOf = (bytes, bits) => {
    const count = bits > 8 ? bytes.length / 2 : bytes.length;
    const codes = new Uint16Array(count);
    const most = 2 ** bits - 1;
    let code = 0;
    for (let k = 0; k < count; k++) {
      code = (code + bytes[k] + (bits > 8 ? 256 * bytes[count + k] : 0)) & most;
      codes[k] = code;
    }
    return codes;
  };

  // A field, a map or the phases: about as viewer.py writes it. `codes` [x, y, z] are those of `frame`.
  class Volume {
    constructor(about) {
      Object.assign(this, about);
      this.none = this.names ? 256 : 2 ** this.bits - 1;
      this.kept = new Map(); // codes of the last few frames
    }

    get moves() { return !this.names && !this.still; }

    get count() { return this.shape[0] * this.shape[1] * this.shape[2]; }

    async load(time) {
      const number = this.moves ? time : 0;
      this.asked = number;
      if (!this.kept.has(number)) this.kept.set(number, this.names ? await inflate(this.blob) : await this.field(number));
      if (this.kept.size > 4) this.kept.delete([...this.kept.keys()].find((key) => key !== number));
      if (this.asked !== number) return; // another time was asked for meanwhile
      this.codes = this.kept.get(number);
      this.frame = this.names ? null : this.frames[number];
    }

    async field(number) {
      this.inside ??= await inflate(this.mask);
      const packed = codesOf(await inflate(this.frames[number].blob), this.bits);
      const codes = new Uint16Array(this.count).fill(this.none);
      for (let k = 0, next = 0; k < codes.length; k++) {
        if (this.inside[k >> 3] & (128 >> (k & 7))) codes[k] = packed[next++];
      }
      return codes;
    }

    // Voxel [i, j, k] at a place (um), or null outside.
    voxel(place) {
      const at = place.map((p, axis) => Math.floor((p - this.corner_um[axis]) / this.edge_um[axis] + 1e-9));
      return at.every((n, axis) => n >= 0 && n < this.shape[axis]) ? at : null;
    }

    code([i, j, k]) { return this.codes[(i * this.shape[1] + j) * this.shape[2] + k]; }

    value(code) { return code === this.none ? NaN : this.frame.low + this.frame.step * code; }

    // Place of a value on its colours, 0 to 1.
    share(code, limits) {
      const span = limits[1] - limits[0];
      return span > 0 ? Math.min(1, Math.max(0, (this.value(code) - limits[0]) / span)) : 0.5;
    }
  }

  // A number with so many decimals that what rounding takes is little beside the error, and both told together;
  // with a word, for of a measured value a bare ± would be read as its noise.
  // span: of the values around it; a hundred-thousandth of it is as fine as a reader wants.
  const told = (value, error, unit, span) => {
    const scale = Math.max(error, 1e-5 * span) || Math.max(Math.abs(value), 1e-12) * 1e-6;
    const decimals = Math.min(12, Math.max(0, 1 - Math.floor(Math.log10(scale))));
    const off = error + 0.5 * 10 ** -decimals;
    const power = 10 ** (Math.floor(Math.log10(off)) - 1);
    const within = Math.ceil(off / power - 1e-9) * power;
    const number = (v, d) => v.toFixed(d).replace("-", "\u2212");
    const places = Math.min(14, Math.max(0, -Math.floor(Math.log10(power) + 1e-9)));
    return `${number(value, decimals)} ± ${number(within, places)}${unit ? "\u202f" + unit : ""} (rounding)`;
  };

  Object.assign(microsim, { Volume, bytesOf, codesOf, told });

  // The lines of a cursor at (u, v) of a picture, bright on dark, so that they show on any colour.
  microsim.cross = (ink, u, v, width, height) => {
    for (const [colour, wide] of [["rgba(0,0,0,0.55)", 3], ["rgba(255,255,255,0.95)", 1]]) {
      ink.strokeStyle = colour;
      ink.lineWidth = wide;
      ink.beginPath();
      ink.moveTo(u, 0); ink.lineTo(u, height);
      ink.moveTo(0, v); ink.lineTo(width, v);
      ink.stroke();
    }
  };
})();
