/* The step rail. One rail a tab; every panel of the tab follows it in the browser, without the server.
 *
 * A rail plays a reel: {positions: [step, …], frames: {name: [data URI or null, …]}, texts: {name: [text, …]}, live, play,
 * backwards}.
 * While live is true a run goes on: panels pinned to a position, and plots, keep what they have.
 * A panel is any element given to driftscope.follow(); inside it
 *   <img data-frame="x0">                shows frame "x0" of the position in view
 *   <img data-frame="x0" data-at="3">    always shows frame "x0" of position 3
 *   <span data-text="caption">           shows text "caption" of the position in view
 *   <button data-enabled="can">          is live only where text "can" of the position in view says something
 *   <any data-at="3">                    has the class "is-current" at position 3 (of those pinned in its panel, the
 *                                        nearest to the position in view), and a click goes there
 * A panel that is drawn another way (a plot) gives follow() a function, called with (position, rail).
 */
(() => {
  const rails = new Map();
  const EMPTY = { positions: [], frames: {}, texts: {} };
  const BLANK = 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';
  const PLAY_SECONDS = 4, REST = 1000;  // of a whole run at speed 1; milliseconds at its end before it is played again
  const SPEEDS = { 0.5: '½×', 1: '1×', 2: '2×' }, rates = Object.keys(SPEEDS).map(Number).sort((a, b) => a - b);
  const players = new Map();  // each element that holds a rail's controls, and the rail
  let speed = 1, again = false;  // of all rails

  function rail(name) {
    if (!rails.has(name)) {
      rails.set(name, { name, at: 0, reel: EMPTY, panels: new Map(), timer: null, pending: false });
    }
    return rails.get(name);
  }

  function last(r) {
    return Math.max(0, r.reel.positions.length - 1);
  }

  /** Go to a position; several calls within one frame of the screen draw once. */
  function go(r, at) {
    r.at = Math.min(Math.max(0, at), last(r));
    if (r.pending) return;
    r.pending = true;
    requestAnimationFrame(() => {
      r.pending = false;
      for (const [element, draw] of r.panels) {
        if (element.isConnected) draw(r.at, r);
        else r.panels.delete(element);
      }
    });
  }

  function fill(element, at, r) {
    for (const image of element.querySelectorAll('[data-frame]')) {
      if (r.reel.live && image.dataset.at) continue;
      const uri = r.reel.frames[image.dataset.frame]?.[Number(image.dataset.at ?? at)];
      if (image.getAttribute('src') !== (uri ?? BLANK)) image.src = uri ?? BLANK;
    }
    for (const text of element.querySelectorAll('[data-text]')) {
      text.textContent = r.reel.texts[text.dataset.text]?.[at] ?? '';
    }
    for (const one of element.querySelectorAll('[data-enabled]')) one.disabled = !r.reel.texts[one.dataset.enabled]?.[at];
    if (r.reel.live) return;
    const marked = [...element.querySelectorAll('[data-at]')];
    const places = marked.map((one) => Number(one.dataset.at));
    const nearest = places.reduce((best, place) => (Math.abs(place - at) < Math.abs(best - at) ? place : best), Infinity);
    marked.forEach((one, i) => one.classList.toggle('is-current', places[i] === nearest));
  }

  /** Let an element follow a rail; watch is Gradio's, so that the element is filled again when its HTML changes. */
  function follow(name, element, watch, draw) {
    const r = rail(name);
    const show = draw ?? ((at) => fill(element, at, r));
    r.panels.set(element, show);
    if (!draw) {
      element.addEventListener('click', (event) => {
        const marked = event.target.closest('[data-at]');
        if (marked && element.contains(marked)) { pause(r); go(r, Number(marked.dataset.at)); }
      });
      watch?.('value', () => { show(r.at, r); look(); });
    }
    show(r.at, r);
  }

  function pause(r) {
    clearTimeout(r.timer);
    r.timer = null;
    look();
  }

  function play(r) {
    if (!last(r)) return;
    const [from, to, by] = r.reel.backwards ? [last(r), 0, -1] : [0, last(r), 1];
    const pace = () => (again && r.at === to ? REST : Math.max(40, 1000 * PLAY_SECONDS / speed / r.reel.positions.length));
    const tick = () => {
      if (r.at !== to) go(r, r.at + by);
      else if (again && r.element?.offsetParent) go(r, from);  // out of sight it comes to its end
      else { pause(r); return; }
      r.timer = setTimeout(tick, pace());
    };
    if (r.at === to) go(r, from);
    r.timer = setTimeout(tick, pace());
    look();
  }

  function toggle(r) {
    if (r.timer) pause(r); else play(r);
  }

  function step(r, by) {
    pause(r);
    go(r, r.at + by);
  }

  /** Another speed, by its place in the list; beyond its ends nothing changes. */
  function change(to) {
    speed = rates[to(rates.indexOf(speed))] ?? speed;
    look();
  }

  const quicker = () => change((i) => i + 1), slower = () => change((i) => i - 1);

  function repeat() {
    again = !again;
    look();
  }

  const full = (r) => driftscope.full(r.name);
  const BUTTONS = {
    'ds-play': toggle, 'ds-back': (r) => step(r, -1), 'ds-forward': (r) => step(r, 1),
    'ds-speed': () => change((i) => (i + 1) % rates.length), 'ds-repeat': repeat, 'ds-large': full,
  };
  const LETTERS = { '<': slower, '>': quicker, r: repeat, f: full };  // while the focus is on the rail

  /** What the controls say of how it plays, and whether there is something to see on the whole screen. */
  function dress(element, r) {
    const [button, rate, loop, large] = ['play', 'speed', 'repeat', 'large'].map((one) => element.querySelector(`.ds-${one}`));
    button.setAttribute('aria-label', r.timer ? 'Pause' : 'Play');
    button.classList.toggle('is-playing', Boolean(r.timer));
    rate.textContent = SPEEDS[speed];
    rate.setAttribute('aria-label', `Speed ${SPEEDS[speed]}`);
    loop.setAttribute('aria-pressed', again);
    large.hidden = !shots(r).length;
  }

  function look() {
    for (const [element, r] of players) {
      if (element.isConnected) dress(element, r);
      else players.delete(element);
    }
  }

  /** The pictures predicted at a position, wherever panels show them: an img for each. A video's are strips of frames. */
  function shots(r) {
    const found = [...r.panels.keys()].flatMap((one) => [...one.querySelectorAll('img[data-frame^="x0"]:not([data-at])')]);
    const held = found.filter((one) => one.dataset.frame in r.reel.frames && !one.closest('.ds-loop, .ds-full'));
    return held.filter((one, i) => held.findIndex(({ dataset }) => dataset.frame === one.dataset.frame) === i);
  }

  /** Let an element that holds PLAYER of components/rail.py drive a rail. */
  function controls(name, element) {
    const r = rail(name), slider = element.querySelector('input');
    slider.addEventListener('input', () => { pause(r); go(r, Number(slider.value)); });
    element.addEventListener('click', ({ target }) => BUTTONS[target.closest('button')?.className.split(' ')[0]]?.(r));
    element.addEventListener('keydown', (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || !(event.key in LETTERS)) return;
      LETTERS[event.key](r);
      event.preventDefault();
    });
    follow(name, element, null, (at) => {
      slider.max = last(r);
      slider.value = at;
      slider.style.setProperty('--played', `${100 * at / (last(r) || 1)}%`);
      slider.setAttribute('aria-valuetext', r.reel.texts.step?.[at] ?? '');
      element.classList.toggle('is-empty', !last(r));
      fill(element, at, r);
    });
    players.set(element, r);
    dress(element, r);
  }

  /** The rail's own component: its value is the reel, as JSON. */
  function mount(name, element, props, watch) {
    const r = rail(name);
    r.element = element;
    const load = () => {
      const before = r.reel.live ? '' : r.reel.positions.join();
      r.reel = props.value ? JSON.parse(props.value) : EMPTY;
      pause(r);
      document.body.classList.toggle('ds-running', Boolean(r.reel.live));
      go(r, r.reel.positions.join() === before ? r.at : last(r));  // more of the same run leaves the rail where it is
      if (r.reel.play && !matchMedia('(prefers-reduced-motion: reduce)').matches) play(r);
    };
    controls(name, element);
    watch('value', load);
    load();
  }

  /** Arrow keys, Home, End and Space drive the rail on screen unless what has the focus uses the key itself. */
  const USES_ARROWS = 'input, textarea, select, [role=tab], [role=listbox], [role=combobox], .js-plotly-plot';
  const USES_SPACE = `${USES_ARROWS}, button, summary, a`;
  document.addEventListener('keydown', (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const r = [...rails.values()].find((one) => one.element?.offsetParent && last(one));
    if (!r) return;
    const moves = { ArrowLeft: r.at - 1, ArrowRight: r.at + 1, Home: 0, End: last(r) };
    const slides = event.target.matches('.ds-rail input');
    const taken = !slides && event.target.closest(event.key === ' ' ? USES_SPACE : USES_ARROWS);
    if (taken || (event.key !== ' ' && !(event.key in moves))) return;
    if (event.key === ' ') toggle(r);
    else { pause(r); go(r, moves[event.key]); }
    event.preventDefault();
  });

  /** A panel's head that is written anew while its equation is unfolded stays so. */
  function keepFold(element, watch) {
    let open = false;
    element.addEventListener('toggle', (event) => { if (event.target.isConnected) open = event.target.open; }, true);
    watch('value', () => { const fold = element.querySelector('details'); if (fold) fold.open = open; });
  }

  window.driftscope = Object.assign(window.driftscope ?? {}, {
    rail: mount,
    controls,
    shots: (name) => shots(rail(name)),
    keepFold,
    follow,
    at: (name) => rail(name).at,
    goto: (name, at) => { pause(rail(name)); go(rail(name), at); },
  });
})();
