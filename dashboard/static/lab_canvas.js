/* The laboratory's canvas: draws the frame in view of one scene (dashboard/tabs/lab/stage.py), between frames by straight
 * lines, so that few frames move smoothly. state is what is drawn; lab.js changes it.
 */
(() => {
  const state = { scene: null, probe: null, at: 0, wanted: 0, picked: null, pen: null, last: null, scale: null, redraw: () => {} };
  const GAP = 14;

  /* ---- unpacking ---- */
  const bytes = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  function numbers(text, reach) {
    const raw = new Int16Array(bytes(text).buffer);
    return Float32Array.from(raw, (value) => value * reach / 32767);
  }

  function unpack(scene) {
    scene.data.x = numbers(scene.data.x, scene.reach);
    scene.places &&= numbers(scene.places, scene.reach);
    for (const lane of scene.lanes) {
      lane.x &&= numbers(lane.x, scene.reach);
      lane.density &&= bytes(lane.density);
      lane.heat &&= bytes(lane.heat);
      for (const arrow of lane.arrows) arrow.v = numbers(arrow.v, scene.reach);
    }
    return scene;
  }

  /* ---- drawing ---- */
  /** Where the lanes stand: squares, one beside the other, in as many rows as the width asks for. */
  function layout(width, count) {
    const columns = count === 1 ? 1 : width < 620 ? Math.min(2, count) : count === 4 ? (width > 1000 ? 4 : 2) : count;
    const rows = Math.ceil(count / columns);
    const side = Math.min((width - GAP * (columns - 1)) / columns, count === 1 ? Math.max(340, Math.min(600, innerHeight - 390)) : 460);
    const top = count === 1 ? 0 : 24;
    const left = (width - columns * side - GAP * (columns - 1)) / 2;
    const squares = Array.from({ length: count }, (_, k) => ({
      x: left + (k % columns) * (side + GAP), y: Math.floor(k / columns) * (side + top + GAP) + top, side,
    }));
    return { squares, height: rows * (side + top + GAP) - GAP };
  }

  /** Value i of a frame-by-frame list of rows of n, between frames. */
  function between(list, n, i, at, still) {
    if (still) return list[i];
    const low = Math.floor(at), part = at - low, a = list[low * n + i];
    return part ? a + part * (list[Math.min(low + 1, list.length / n - 1) * n + i] - a) : a;
  }

  const rgb = (hex) => [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));

  /** A grid of bytes as a picture: the colour, more of it where there is more. First index x, y upwards. */
  function picture(values, cells, at, colour, strength) {
    const canvas = Object.assign(document.createElement('canvas'), { width: cells, height: cells });
    const context = canvas.getContext('2d'), image = context.createImageData(cells, cells), [r, g, b] = rgb(colour);
    for (let x = 0; x < cells; x++) {
      for (let y = 0; y < cells; y++) {
        const k = 4 * ((cells - 1 - y) * cells + x);
        image.data[k] = r; image.data[k + 1] = g; image.data[k + 2] = b;
        image.data[k + 3] = strength * between(values, cells * cells, x * cells + y, at);
      }
    }
    context.putImageData(image, 0, 0);
    return canvas;
  }

  function arrow(context, x, y, dx, dy, head) {
    const length = Math.hypot(dx, dy);
    if (length < 1.5) return;
    const ux = dx / length, uy = dy / length, h = Math.min(head, 0.6 * length);
    context.beginPath();
    context.moveTo(x, y); context.lineTo(x + dx, y + dy);
    context.moveTo(x + dx - h * (ux + 0.5 * uy), y + dy - h * (uy - 0.5 * ux)); context.lineTo(x + dx, y + dy);
    context.lineTo(x + dx - h * (ux - 0.5 * uy), y + dy - h * (uy + 0.5 * ux));
    context.stroke();
  }

  function dot(context, x, y, radius) {
    context.beginPath(); context.arc(x, y, radius, 0, 2 * Math.PI); context.fill();
  }

  function drawLane(context, lane, square, ink) {
    const { scene, at } = state, unit = square.side / (2 * scene.half);
    const X = (x) => square.x + square.side / 2 + x * unit, Y = (y) => square.y + square.side / 2 - y * unit;
    context.save();
    context.beginPath(); context.roundRect(square.x, square.y, square.side, square.side, 12); context.clip();
    context.fillStyle = ink.well; context.fillRect(square.x, square.y, square.side, square.side);
    context.imageSmoothingEnabled = true; context.imageSmoothingQuality = 'high';
    const frame = (half, image) => context.drawImage(image, X(-half), Y(half), 2 * half * unit, 2 * half * unit);
    if (lane.density) frame(lane.half, picture(lane.density, lane.cells, at, lane.colour, scene.view === 'noise' ? 0.5 : 0.85));
    if (lane.heat) {
      const cells = Math.round(Math.sqrt(lane.heat.length / scene.frames)), reach = scene.places.at(-1);
      frame(reach * cells / (cells - 1), picture(lane.heat, cells, at, lane.colour, 0.9));
    }
    drawData(context, X, Y, ink);
    if (lane.arrows.length) {
      const n = scene.places.length, cells = Math.sqrt(n / 2), longest = 0.95 * unit * 2 * scene.places.at(-1) / (cells - 1);
      context.lineWidth = 1.4; context.lineCap = 'round';
      for (const one of lane.arrows) {
        context.strokeStyle = ink[one.colour];
        for (let i = 0; i < n; i += 2) {
          arrow(context, X(scene.places[i]), Y(scene.places[i + 1]),
            longest * between(one.v, n, i, at), -longest * between(one.v, n, i + 1, at), 4);
        }
      }
    }
    if (lane.x) drawParticles(context, lane, X, Y, ink);
    if (scene.view === 'back') drawMean(context, X, Y, ink);
    drawTrail(context, lane, X, Y, ink);
    drawProbe(context, lane, X, Y, unit, ink);
    context.restore();
  }

  function drawData(context, X, Y, ink) {
    const { scene, probe } = state, { x } = scene.data, n = x.length / 2;
    if (scene.view === 'noise' && !probe) return;
    // where the noise is seen, the data stand shrunk by alpha, as every noise starts from there
    const shrunk = scene.view === 'noise' ? scene.alpha[Math.round(state.at)] : 1;
    context.fillStyle = ink.soft;
    const classes = scene.view === 'guidance', weighted = probe && !classes;
    // where few points pull they stand out, where all do they stay in the background
    const bright = weighted ? 0.25 + 0.55 / Math.sqrt(Math.max(1, probe.effective[Math.round(state.at)] / 8)) : 0;
    for (let i = 0; i < n; i++) {
      if (classes) context.fillStyle = scene.classes[scene.data.label[i] % scene.classes.length];
      const weight = weighted ? probe.weight[Math.round(state.at) * n + i] / 255 : 0;
      context.globalAlpha = weighted ? 0.12 + bright * weight : classes ? 0.5 : 0.3;
      dot(context, X(shrunk * x[2 * i]), Y(shrunk * x[2 * i + 1]), weighted ? 1.2 + 3 * bright * weight : 1.5);
    }
    context.globalAlpha = 1;
  }

  function drawParticles(context, lane, X, Y, ink) {
    const { scene, at } = state, n = 2 * lane.count;
    context.globalAlpha = lane.arrows.length || lane.heat ? 0.35 : scene.view === 'noise' && state.probe ? 0.3 : 0.85;
    context.fillStyle = lane.heat || scene.view === 'guidance' || lane.density && scene.view === 'density' ? ink.ink : lane.colour;
    if (lane.density && scene.view === 'density') context.globalAlpha = 0.55;
    const small = Math.max(0.6, Math.min(1, (X(1) - X(0)) / 45));  // dots on a small lane
    const radius = small * (lane.arrows.length || lane.density && scene.view === 'density' ? 1.5 : scene.lanes.length > 1 ? 2 : 2.8);
    for (let i = 0; i < lane.count; i++) {
      if (lane.label && !lane.heat) context.fillStyle = scene.classes[lane.label[i] % scene.classes.length];
      dot(context, X(between(lane.x, n, 2 * i, at, lane.still)), Y(between(lane.x, n, 2 * i + 1, at, lane.still)), radius);
    }
    context.globalAlpha = 1;
  }

  /** The data's mean: four ticks around it, so that what ends there is seen. */
  function drawMean(context, X, Y, ink) {
    const [x, y] = state.scene.mean;
    context.strokeStyle = ink.ink; context.lineWidth = 1.6;
    context.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      context.moveTo(X(x) + 5 * dx, Y(y) + 5 * dy); context.lineTo(X(x) + 14 * dx, Y(y) + 14 * dy);
    }
    context.stroke();
  }

  /** The path so far of the particle that was clicked, in every lane: they share their start. */
  function drawTrail(context, lane, X, Y, ink) {
    if (state.picked === null || !lane.x || lane.still) return;
    const i = 2 * state.picked, n = 2 * lane.count;
    context.strokeStyle = ink.ink; context.lineWidth = 1.6; context.lineJoin = 'round';
    context.beginPath();
    // from where it began: noise is added to the data, at the right of the rail, and taken away from noise, at its left
    const frames = Array.from({ length: state.scene.frames }, (_, k) => k);
    const past = state.scene.view === 'noise' ? frames.filter((k) => k >= state.at).reverse() : frames.filter((k) => k <= state.at);
    for (const k of past) context.lineTo(X(lane.x[k * n + i]), Y(lane.x[k * n + i + 1]));
    const x = X(between(lane.x, n, i, state.at)), y = Y(between(lane.x, n, i + 1, state.at));
    context.lineTo(x, y); context.stroke();
    context.fillStyle = ink.ground; dot(context, x, y, 7);
    context.fillStyle = ink.ink; dot(context, x, y, 5);
  }

  /** The probe's arrows at a frame; with a class also the guided one, which the scale alone decides. */
  function guided(at) {
    const { arrows } = state.probe, base = arrows.uncond ?? arrows.negative, scale = state.scale ?? state.scene.scale;
    if (!base) return arrows;
    const mix = [0, 1].map((k) => base[at][k] + scale * (arrows.cond[at][k] - base[at][k]));
    return { ...arrows, guided: { [at]: mix } };
  }

  function drawProbe(context, lane, X, Y, unit, ink) {
    const { scene, probe } = state, at = Math.round(state.at);
    if (!probe || lane.still) return;
    const [x, y] = [probe.path[2 * at], probe.path[2 * at + 1]], alpha = scene.alpha[at], sigma = scene.sigma[at];
    const end = scene.frames - 1;  // the data
    if (scene.view === 'noise' && at < end) {
      // every whole noise that may have led here, from alpha times the point it began at
      context.strokeStyle = ink.eps; context.lineWidth = 1.4;
      for (const i of probe.drawn[at]) {
        context.globalAlpha = 0.55;
        context.beginPath(); context.moveTo(X(x), Y(y));
        context.lineTo(X(alpha * scene.data.x[2 * i]), Y(alpha * scene.data.x[2 * i + 1])); context.stroke();
      }
      context.globalAlpha = 1; context.lineWidth = 3.5;
      context.setLineDash([7, 5]); context.beginPath(); context.moveTo(X(x), Y(y));
      context.lineTo(X(alpha * probe.path[2 * end]), Y(alpha * probe.path[2 * end + 1])); context.stroke(); context.setLineDash([]);
    }
    if (scene.view === 'noise' && at < end - 1) {  // the last small step, backwards, which looks nothing like the whole
      const back = [probe.path[2 * at + 2] - x, probe.path[2 * at + 3] - y];
      context.lineCap = 'round';
      for (const [colour, width] of [[ink.ground, 6], [ink.step, 3]]) {
        context.strokeStyle = colour; context.lineWidth = width;
        arrow(context, X(x), Y(y), unit * back[0], -unit * back[1], 7);
      }
    }
    const length = (v) => Math.min(1, 2.2 / Math.max(Math.hypot(...v), 1e-9));
    const drawn = guided(at);
    const longest = Math.min(...Object.values(drawn).map((v) => length(v[at])));
    context.lineWidth = 3; context.lineCap = 'round';
    for (const [name, v] of Object.entries(drawn)) {
      const step = (scene.view === 'noise' ? sigma : longest) * unit;
      context.strokeStyle = scene.view === 'noise' ? ink.ink : ink[name];
      arrow(context, X(x), Y(y), -step * v[at][0], step * v[at][1], 9);
    }
    if (drawn.guided) {  // the difference, from tip to tip: guidance goes on along it
        const base = drawn.uncond ?? drawn.negative, step = longest * unit;
        context.strokeStyle = ink.ink; context.lineWidth = 1.2; context.setLineDash([3, 4]);
        context.beginPath(); context.moveTo(X(x) - step * base[at][0], Y(y) + step * base[at][1]);
        for (const end of [drawn.cond, drawn.guided]) context.lineTo(X(x) - step * end[at][0], Y(y) + step * end[at][1]);
        context.stroke(); context.setLineDash([]);
    }
    context.fillStyle = ink.ink;
    if (state.picked === null) dot(context, X(x), Y(y), 4.5);
  }

  window.driftscope = Object.assign(window.driftscope ?? {}, {
    labCanvas: { state, bytes, numbers, unpack, layout, between, dot, drawLane, guided },
  });
})();
