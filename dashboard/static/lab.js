/* The laboratory's stage: clicks, drawing with mouse or finger, and gliding to the frame that the rail names. What a
 * frame looks like is in lab_canvas.js. Nothing is computed here that the server computes.
 */
(() => {
  const MOST = 1000;  // points of a drawing
  const css = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();

  /* ---- the component ---- */
  function mount(element, rail, about, props, watch, events) {
    const { state, unpack, layout, between, dot, drawLane } = driftscope.labCanvas;
    const canvas = element.querySelector('canvas'), box = element.querySelector('.lab-stage');
    const titles = element.querySelector('.lab-titles'), hint = element.querySelector('.lab-hint'), pens = element.querySelector('.lab-pens');
    const context = canvas.getContext('2d');
    const still = matchMedia('(prefers-reduced-motion: reduce)');
    let place = { squares: [], height: 0 }, pending = false, last = 0;

    const inks = () => ({
      ink: css('--ds-ink'), soft: css('--ds-ink-soft'), well: css('--ds-well'), ground: css('--ds-ground'),
      exact: css('--ds-ink-soft'), learned: css('--ds-q-eps'), eps: css('--ds-q-eps'), uncond: css('--ds-q-uncond'), cond: css('--ds-q-cond'), guided: css('--ds-q-guided'), negative: css('--ds-q-negative'), step: css('--ds-q-x0'),
    });

    function paint() {
      const { scene } = state, width = box.clientWidth, ratio = Math.min(devicePixelRatio || 1, 2);
      if (!scene || !width) return;
      place = layout(width, scene.lanes.length);
      [...titles.children].forEach((one, k) => {
        const { x, y, side } = place.squares[k];
        Object.assign(one.style, { left: `${x}px`, top: `${y - 22}px`, width: `${side}px` });
      });
      if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(place.height * ratio)) {
        canvas.width = Math.round(width * ratio); canvas.height = Math.round(place.height * ratio);
        canvas.style.height = `${place.height}px`;
      }
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, width, place.height);
      const ink = inks();
      scene.lanes.forEach((lane, k) => drawLane(context, lane, place.squares[k], ink));
      if (state.pen) drawPen(ink);
    }

    function drawPen(ink) {
      const square = place.squares[0];
      context.fillStyle = ink.ground; context.globalAlpha = 0.9;
      context.fillRect(square.x, square.y, square.side, square.side);
      context.globalAlpha = 1; context.fillStyle = css('--ds-q-x_t');
      for (const [x, y] of state.pen) dot(context, ...screen(square, x, y), 2.5);
    }

    /** One frame: glide towards the rail's position, at once where motion is not wanted or the way is long. */
    function tick(now) {
      pending = false;
      const gap = state.wanted - state.at, step = Math.min(now - last, 60) * (state.scene?.frames ?? 1) / 2600;
      last = now;
      state.at = still.matches || Math.abs(gap) > 3 || Math.abs(gap) <= step ? state.wanted : state.at + Math.sign(gap) * step;
      paint();
      if (state.at !== state.wanted) redraw();
    }
    function redraw() {
      if (pending) return;
      pending = true;
      requestAnimationFrame(tick);
    }
    state.redraw = redraw;

    function change() {
      if (!props.value) return;
      const scene = unpack(JSON.parse(props.value)), same = state.scene?.view === scene.view;
      if (!same || scene.view !== 'train') { state.picked = null; state.probe = null; }
      state.scene = scene; state.scale = null; state.pen = null; pens.hidden = true;
      state.wanted = Math.min(state.wanted, scene.frames - 1); state.at = Math.min(state.at, scene.frames - 1);
      element.closest('.ds-lab').dataset.view = scene.view;
      box.dataset.lanes = scene.lanes.length;
      canvas.setAttribute('aria-label', scene.lanes.map((lane) => lane.title || 'Particles between data and noise').join('; '));
      hint.textContent = '';
      titles.replaceChildren(...scene.lanes.map(({ title, colour }) => {
        const one = Object.assign(document.createElement('span'), { textContent: title, title });
        one.style.setProperty('--lane', colour);
        return one;
      }));
      mark(scene);
      if (scene.start !== null && (!same || scene.afresh)) setTimeout(() => driftscope.goto(rail, scene.start));
      redraw();
    }

    function mark({ marks }) {
      const strip = element.querySelector('.lab-marks');
      strip.replaceChildren(...marks.map(({ at, name, t }) => {
        const one = Object.assign(document.createElement('span'), { textContent: name, className: 'ds-term', tabIndex: 0 });
        one.dataset.told = `t = ${t}. ${about[name]}`;
        one.setAttribute('aria-describedby', 'ds-told-term');
        one.style.left = `${100 * at}%`;
        one.classList.toggle('is-late', at > 0.75);
        return one;
      }));
    }

    /* ---- mouse and touch ---- */
    const screen = (square, x, y) => {
      const unit = square.side / (2 * state.scene.half);
      return [square.x + square.side / 2 + x * unit, square.y + square.side / 2 - y * unit];
    };
    function under(event) {
      const frame = canvas.getBoundingClientRect(), px = event.clientX - frame.left, py = event.clientY - frame.top;
      const k = place.squares.findIndex((one) => px >= one.x && px <= one.x + one.side && py >= one.y && py <= one.y + one.side);
      if (k < 0) return null;
      const square = place.squares[k], unit = square.side / (2 * state.scene.half);
      return { k, x: (px - square.x - square.side / 2) / unit, y: -(py - square.y - square.side / 2) / unit };
    }

    canvas.addEventListener('click', (event) => {
      const spot = !state.pen && under(event);
      if (!spot) return;
      if (state.scene.picks === 'place') { events.probe({ x: spot.x, y: spot.y }); return; }
      const lane = state.scene.lanes[spot.k], n = 2 * lane.count;
      let best = -1, nearest = 0.5;
      for (let i = 0; i < lane.count; i++) {
        const away = Math.hypot(between(lane.x, n, 2 * i, state.at) - spot.x, between(lane.x, n, 2 * i + 1, state.at) - spot.y);
        if (away < nearest) [best, nearest] = [i, away];
      }
      state.picked = best < 0 || best === state.picked ? null : best;
      state.probe = null;
      if (state.picked !== null && state.scene.view === 'noise') events.probe({ particle: best });
      else state.write?.();
      redraw();
    });

    let pressed = false;
    function put(event) {
      const spot = under(event);
      if (!spot) return;
      // a quick stroke has few events: what lies between them is filled
      const from = (pressed && state.last) || spot, many = Math.max(1, Math.floor(Math.hypot(spot.x - from.x, spot.y - from.y) / 0.04));
      if (pressed && state.last && Math.hypot(spot.x - from.x, spot.y - from.y) < 0.04) return;
      const shake = () => 0.06 * (Math.random() + Math.random() - 1);
      for (let k = 1; k <= many && state.pen.length < MOST; k++) {
        const along = (a, b) => Number((a + (b - a) * k / many + shake()).toFixed(3));
        state.pen.push([along(from.x, spot.x), along(from.y, spot.y)]);
      }
      state.last = spot;
      redraw();
    }
    canvas.addEventListener('pointerdown', (event) => {
      if (!state.pen) return;
      pressed = true; state.last = null; canvas.setPointerCapture(event.pointerId); put(event); event.preventDefault();
    });
    canvas.addEventListener('pointermove', (event) => {
      if (state.pen && pressed) for (const one of event.getCoalescedEvents?.() ?? [event]) put(one);
    });
    for (const name of ['pointerup', 'pointercancel']) canvas.addEventListener(name, () => { pressed = false; });

    function pen(on) {
      state.pen = on ? [] : null;
      pens.hidden = !on;
      canvas.classList.toggle('is-drawing', on);
      hint.textContent = on ? 'Draw with the mouse or a finger.' : '';
      redraw();
    }
    pens.addEventListener('click', (event) => {
      const what = event.target.dataset.pen;
      if (what === 'use') { const points = state.pen; pen(false); events.drawn({ points }); }
      if (what === 'clear') pen(true);
      if (what === 'leave') pen(false);
    });
    state.draw = () => { if (state.scene) pen(true); box.scrollIntoView({ block: 'nearest' }); };

    driftscope.follow(rail, box, null, (at) => { state.wanted = Math.min(at, (state.scene?.frames ?? 1) - 1); redraw(); });
    watch('value', change);
    change();
    let opened = false;
    new ResizeObserver(() => {
      if (!opened && box.clientWidth) { opened = true; if (!props.value) events.open({ query: location.search }); }
      redraw();
    }).observe(box);
    window.addEventListener('driftscope-theme', redraw);
  }

  /* ---- the probe's numbers ---- */
  function mountProbe(element, props, watch) {
    const { state, bytes, numbers, guided } = driftscope.labCanvas;
    const told = element.querySelector('.lab-probe');
    const NAMES = { exact: 'exact', learned: 'learned', uncond: 'all classes', negative: 'the class to avoid', cond: 'the class asked for', guided: 'guided' };
    const part = (text, title, kind = '') => Object.assign(document.createElement('span'), { textContent: text, title, className: kind && `lab-arrow lab-is-${kind}` });
    const LENGTH = 'Length of the noise ε that is expected at this place; the arrow points the other way, back to the data.';
    const write = () => {
      const { probe, scene } = state, at = Math.round(state.wanted);
      if (!probe || !scene) { told.replaceChildren(); return; }
      const size = (v) => Math.hypot(...v).toFixed(2), arrows = guided(at);
      const pull = part(`${probe.effective[at].toFixed(probe.effective[at] < 10 ? 1 : 0)} points pull`, 'One over the sum of the squared softmax weights: how many points of the data share the pull at this place.');
      if (scene.view !== 'noise') {
        told.replaceChildren(...Object.entries(arrows).map(([name, v]) => part(`${NAMES[name]} ${size(v[at])}`, LENGTH, name)), pull);
        return;
      }
      const end = scene.frames - 1;  // the data
      if (at === end) { told.replaceChildren(part('No noise yet: drag the slider to the left, and see where the point goes.')); return; }
      const path = (k) => [0, 1].map((axis) => probe.path[2 * k + axis]), [now, from] = [path(at), path(end)];
      const whole = now.map((v, axis) => (v - scene.alpha[at] * from[axis]) / scene.sigma[at]);
      const last = at < end - 1 && now.map((v, axis) => v - path(at + 1)[axis]);
      told.replaceChildren(
        ...(last ? [part(`its last step ${size(last)}`, 'From where it was one frame earlier: short, and as likely to point anywhere.', 'step')] : []),
        part(`its whole noise ε ${size(whole)}`, 'All noise since the data, ε = (xₜ − α x₀) / σ: what a network is asked to guess. Drawn σ times as long.', 'whole'),
        part('other noises that end here', 'A dozen points of the data, drawn by their softmax weights, each with the noise that leads from it to this very place.', 'others'),
        part(`their mean ${size(arrows.exact[at])}`, LENGTH, 'mean'), pull,
        Object.assign(document.createElement('p'), { textContent: 'The last step tells nothing of the way back. The whole noise does, and its mean over all that end here is the arrow a network can learn.' }),
      );
    };
    const change = () => {
      state.probe = null;
      if (props.value && state.scene) {
        const probe = JSON.parse(props.value);
        state.probe = { ...probe, path: numbers(probe.path, state.scene.reach), weight: bytes(probe.weight) };
        if (state.probe.path.length !== 2 * state.scene.frames) state.probe = null;
      }
      write(); state.redraw();
    };
    state.write = write;
    driftscope.follow('lab', told, null, () => requestAnimationFrame(write));
    watch('value', change);
  }

  function labScale(scale) {
    const { state } = driftscope.labCanvas;
    state.scale = Number(scale);
    state.write?.(); state.redraw();
  }

  /** A component whose value is the settings as JSON: they go into the address. */
  window.driftscope = Object.assign(window.driftscope ?? {}, {
    lab: mount, labProbe: mountProbe, labScale, labDraw: () => driftscope.labCanvas.state.draw?.(),
  });
})();
