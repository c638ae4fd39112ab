"use strict";
// A volume that turns: a ray for each pixel walks from voxel to voxel until one has a value (WebGL2).

(() => {
  const CORNERS = `#version 300 es
    in vec2 corner; out vec2 at;
    void main() { at = corner; gl_Position = vec4(corner, 0.0, 1.0); }`;
  const RAYS = `#version 300 es
    precision highp float; precision highp int; precision highp sampler3D;
    in vec2 at; out vec4 colour;
    uniform sampler3D voxels; uniform ivec3 shape, from, to; uniform vec3 size; uniform mat3 turn; uniform vec2 view;
    void main() {
      vec3 start = turn * vec3(at * view, -2.0), ray = turn * vec3(0.0, 0.0, 1.0);
      vec3 scale = vec3(shape) / size, low = vec3(from), high = vec3(to);
      vec3 p = (start + 0.5 * size) * scale, d = ray * scale;
      d = mix(d, vec3(1e-7), lessThan(abs(d), vec3(1e-7)));
      vec3 a = (low - p) / d, b = (high - p) / d, near = min(a, b), far = max(a, b);
      float t = max(max(near.x, near.y), near.z), leave = min(min(far.x, far.y), far.z);
      colour = vec4(0.0);
      if (t >= leave) return;
      vec3 face = step(vec3(t), near);
      ivec3 voxel = clamp(ivec3(floor(p + d * (t + 1e-5))), from, to - 1);
      for (int k = 0; k < 4096; k++) {
        vec4 own = texelFetch(voxels, voxel.zyx, 0);
        if (own.a > 0.5) { colour = vec4(own.rgb * dot(face, vec3(0.78, 1.0, 0.62)) / max(1.0, dot(face, vec3(1.0))), 1.0); return; }
        vec3 next = (vec3(voxel) + step(vec3(0.0), d) - p) / d;
        face = next.x <= next.y && next.x <= next.z ? vec3(1, 0, 0) : next.y <= next.z ? vec3(0, 1, 0) : vec3(0, 0, 1);
        voxel += ivec3(sign(d) * face);
        if (any(lessThan(voxel, from)) || any(greaterThanEqual(voxel, to))) return;
      }
    }`;

  class Turn {
    constructor(viewer) {
      this.viewer = viewer;
      this.canvas = document.getElementById("turn");
      this.choice = document.getElementById("turn-of");
      this.cut = document.getElementById("turn-cut");
      this.angles = [0.7, 0.45];
      this.gl = this.canvas.getContext("webgl2", { preserveDrawingBuffer: true });
      if (!this.gl) return this.without();
      this.prepare();
      this.listen();
    }

    without() {
      this.canvas.hidden = true;
      document.getElementById("turn-note").textContent = "This browser has no WebGL2, which the turning view needs; the sections above show the same volumes.";
    }

    prepare() {
      const { gl } = this;
      this.program = gl.createProgram();
      for (const [kind, text] of [[gl.VERTEX_SHADER, CORNERS], [gl.FRAGMENT_SHADER, RAYS]]) {
        const shader = gl.createShader(kind);
        gl.shaderSource(shader, text);
        gl.compileShader(shader);
        gl.attachShader(this.program, shader);
      }
      gl.linkProgram(this.program);
      gl.useProgram(this.program);
      gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
      gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 3, -1, -1, 3]), gl.STATIC_DRAW);
      const corner = gl.getAttribLocation(this.program, "corner");
      gl.enableVertexAttribArray(corner);
      gl.vertexAttribPointer(corner, 2, gl.FLOAT, false, 0, 0);
      gl.bindTexture(gl.TEXTURE_3D, gl.createTexture());
      for (const side of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_3D, side, gl.NEAREST);
    }

    listen() {
      let last = null;
      const turn = (right, up) => {
        this.angles[0] += right;
        this.angles[1] = Math.min(1.5, Math.max(-1.5, this.angles[1] + up));
        this.draw();
      };
      this.canvas.addEventListener("pointerdown", (event) => { last = event; this.canvas.setPointerCapture(event.pointerId); });
      this.canvas.addEventListener("pointermove", (event) => {
        if (last) turn(-0.01 * (event.clientX - last.clientX), 0.01 * (event.clientY - last.clientY));
        if (last) last = event;
      });
      for (const end of ["pointerup", "pointercancel"]) this.canvas.addEventListener(end, () => { last = null; });
      const keys = { ArrowLeft: [0.15, 0], ArrowRight: [-0.15, 0], ArrowUp: [0, -0.15], ArrowDown: [0, 0.15] };
      this.canvas.addEventListener("keydown", (event) => {
        if (keys[event.key]) { turn(...keys[event.key]); event.preventDefault(); }
      });
      for (const input of [this.choice, this.cut]) input.addEventListener("change", () => this.draw());
    }

    get panel() { return this.viewer.panels.find((panel) => panel.volume.id === this.choice.value); }

    // Colours of all voxels; those without a value, and the pores of the phases, are looked through.
    load(panel) {
      const { volume } = panel, state = [volume.id, volume.frame?.blob, panel.limits?.join()].join();
      if (state === this.state) return;
      this.state = state;
      const { codes } = volume, data = new Uint32Array(codes.length), colour = panel.colours();
      const empty = volume.names ? volume.names.indexOf("pore") : volume.none;
      const inks = new Uint32Array(volume.none + 1); // of each code, once: a list for each voxel takes 30 times as long
      const inkOf = ([r, g, b]) => (255 << 24) | (b << 16) | (g << 8) | r; // RGBA in the order of a machine's bytes
      for (let k = 0; k < codes.length; k++) {
        if (codes[k] !== empty) data[k] = inks[codes[k]] ||= inkOf(colour(codes[k]));
      }
      const { gl } = this, [x, y, z] = volume.shape;
      gl.texImage3D(gl.TEXTURE_3D, 0, gl.RGBA8, z, y, x, 0, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(data.buffer));
    }

    draw() {
      const { gl, panel } = this;
      if (!gl || !panel.volume.codes) return;
      this.load(panel);
      const { volume } = panel, sizes = volume.shape.map((n, axis) => n * volume.edge_um[axis]);
      const whole = Math.hypot(...sizes), [width, height] = [this.canvas.clientWidth || 600, 380];
      if (this.canvas.width !== width) [this.canvas.width, this.canvas.height] = [width, height];
      const [c, s] = [Math.cos(this.angles[0]), Math.sin(this.angles[0])];
      const [p, q] = [Math.cos(this.angles[1]), Math.sin(this.angles[1])];
      const set = (name) => gl.getUniformLocation(this.program, name);
      gl.uniformMatrix3fv(set("turn"), false, [c, 0, -s, -s * q, p, -c * q, -s * p, -q, -c * p]);
      const middle = volume.voxel(this.viewer.pinned);
      const from = [0, 0, 0], to = [...volume.shape], { across } = this.viewer;
      if (this.cut.checked && middle) { // what lies before the section goes
        if ([s * p, q, c * p][across] > 0) to[across] = middle[across] + 1;
        else from[across] = middle[across];
      }
      gl.uniform3i(set("shape"), ...volume.shape);
      gl.uniform3i(set("from"), ...from);
      gl.uniform3i(set("to"), ...to);
      gl.uniform3f(set("size"), ...sizes.map((size) => size / whole));
      const half = 0.505 * Math.max(1, height / width); // of the diagonal: nothing is cut off, however it is turned
      gl.uniform2f(set("view"), half * width / height, half);
      gl.viewport(0, 0, width, height);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.drawArrays(gl.TRIANGLES, 0, 3);
    }
  }

  microsim.Turn = Turn;
})();
