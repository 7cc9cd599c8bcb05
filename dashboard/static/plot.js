/* Draws a Plotly figure (JSON in the component's value) and keeps it right: colours of the page's theme, the width
 * of its place, the position of its rail.
 *
 * figure.layout.meta = {rail: "generate", moves: [{trace: 2, x: [per position], y: […], …}, …]}: at position k the
 * trace's attributes are set to the k-th entries (a number or a list). A trace with meta {rail: true} has one point
 * a position, and a click on it moves the rail.
 */
(() => {
  const CONFIG = { displaylogo: false, showSendToCloud: false, plotlyServerURL: '', displayModeBar: false, responsive: false };
  const GL = /gl$|3d$|^surface$|^mesh3d$|^cone$/;

  /** plotly.min.js, 4.8 MB: fetched once the browser has nothing better to do, so that the pictures come first. */
  let loading = null;
  function load(source) {
    loading ??= new Promise((resolve) => {
      const script = document.createElement('script');
      script.src = source;
      script.onload = () => resolve(window.moduleName || window.Plotly);
      const idle = window.requestIdleCallback ?? ((later) => setTimeout(later, 500));
      idle(() => document.head.append(script), { timeout: 3000 });
    });
    return loading;
  }

  let known = null;  // to ask for a style has the browser work out the page's
  window.addEventListener('driftscope-theme', () => { known = null; });  // from page.js

  /** The page's colours. */
  function palette() {
    const style = getComputedStyle(document.body), of = (name) => style.getPropertyValue(`--ds-${name}`).trim();
    known ??= { ground: of('ground'), ink: of('ink'), soft: of('ink-soft'), line: of('line') };
    return known;
  }

  /** Of a colour #rrggbb its relative luminance (WCAG 2.2). */
  function luminance(colour) {
    const linear = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  }

  /** A line's colour as text on this ground: mixed with the ink until their contrast is 4.5, as AA asks. */
  function legible(colour, ground, ink) {
    if (!/^#[0-9a-f]{6}$/i.test(colour)) return colour;
    const part = (of, at) => parseInt(of.slice(at, at + 2), 16);
    for (let share = 0; share < 1; share += 0.05) {
      const mixed = `#${[1, 3, 5].map((at) => Math.round((1 - share) * part(colour, at) + share * part(ink, at)).toString(16).padStart(2, '0')).join('')}`;
      const [low, high] = [luminance(mixed), luminance(ground)].sort((a, b) => a - b);
      if ((high + 0.05) / (low + 0.05) >= 4.5) return mixed;
    }
    return ink;
  }

  /** The traces with their texts in colours that can be read in the page's theme. */
  function readable(data) {
    const { ground, ink } = palette();
    const of = (colour) => (Array.isArray(colour) ? colour.map(of) : legible(String(colour), ground, ink));
    return data.map((trace) => (trace.textfont?.color
      ? { ...trace, textfont: { ...trace.textfont, color: of(trace.textfont.color) } } : trace));
  }

  function themed(layout) {
    const { ground, line, soft: ink } = palette();
    const axis = { gridcolor: line, zerolinecolor: line, linecolor: line, tickcolor: line };
    const out = {
      ...layout, paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)',
      font: { ...layout.font, color: ink }, hoverlabel: { bgcolor: ground, bordercolor: line, font: { color: ink } },
    };
    for (const key of Object.keys(layout)) {
      if (/^[xy]axis\d*$/.test(key)) out[key] = { ...layout[key], ...axis };
      if (/^scene\d*$/.test(key)) {
        out[key] = { ...layout[key] };
        for (const name of ['xaxis', 'yaxis', 'zaxis']) {
          out[key][name] = { ...layout[key][name], ...axis, backgroundcolor: 'rgba(0,0,0,0)' };
        }
      }
    }
    return out;
  }

  /** What a move sets its trace's attributes to at a position. */
  function set(values, at) {
    return Object.fromEntries(Object.entries(values).map(([name, list]) => {
      const value = list[Math.min(at, list.length - 1)];
      return [name, /^[xyz]$|^text$|^customdata$/.test(name) && !Array.isArray(value) ? [value] : value];
    }));
  }

  /** The traces as they are at a position, for a figure that is drawn now. */
  function moved(data, moves, at) {
    const traces = [...data];
    for (const { trace, ...values } of moves) traces[trace] = { ...traces[trace], ...set(values, at) };
    return traces;
  }

  /** The same for one that stands: one restyle call for every set of moves with the same attributes. */
  function move(P, div, moves, at) {
    const groups = new Map();
    for (const { trace, ...values } of moves) {
      const names = Object.keys(values).join();
      if (!groups.has(names)) groups.set(names, { update: {}, traces: [] });
      const group = groups.get(names);
      group.traces.push(trace);
      for (const [name, value] of Object.entries(set(values, at))) (group.update[name] ??= []).push(value);
    }
    for (const { update, traces } of groups.values()) P.restyle(div, update, traces);
  }

  /** What the chart is called: by the head above it where it is the only one of its panel, else by what it shows. */
  function named(div) {
    const panel = div.closest('.ds-panel');
    const heads = panel?.querySelectorAll('.ds-plot').length === 1 ? [...panel.querySelectorAll('.ds-heading h2, .ds-heading h3, .lab-title')] : [];
    const above = heads.filter((one) => one.compareDocumentPosition(div) & Node.DOCUMENT_POSITION_FOLLOWING).at(-1);
    return above?.textContent.trim() || div.getAttribute('aria-label');
  }

  /** A file of the chart as it is seen, on the page's ground and under its name. */
  function save(P, div, format) {
    const name = named(div), head = 34, { ground, ink } = palette();
    const { clientWidth: width, clientHeight: height, layout } = div;
    const title = {
      text: name.replaceAll('&', '&amp;').replaceAll('<', '&lt;'), font: { size: 15, color: ink }, automargin: false,
      x: 0, xref: 'container', xanchor: 'left', y: 1, yref: 'container', yanchor: 'top', pad: { t: 12, l: 12 },
    };
    const { l, r, t, b } = div._fullLayout._size;  // as labels and legend have widened them
    const margin = { l, r, t: t + head, b, autoexpand: false };
    return P.downloadImage({ data: div.data, layout: { ...layout, title, margin, paper_bgcolor: ground } }, {
      format, width, height: height + head, scale: format === 'png' ? 2 : 1,
      filename: name.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '').slice(0, 60) || 'chart',
    });
  }

  function mount(element, source, props, watch, trigger) {
    const div = element.querySelector('.ds-plot');
    const plotly = load(source);
    let figure = null;
    let live = false;    // drawn, and not purged since
    let at = 0;
    let followed = null;
    let width = 0, height = 0;  // of its place, as last told: to ask would have the browser lay out the page; 0 out of sight

    const moves = () => figure?.layout.meta?.moves ?? [];
    const scrub = (P) => { if (live && width && moves().length) move(P, div, moves(), at); };

    const draw = async () => {
      const P = await plotly;
      if (!width) return;
      if (!figure) { if (live) P.purge(div); live = false; return; }
      const first = !live, drawn = at;
      live = true;
      await P.react(div, {
        data: readable(moved(figure.data ?? [], moves(), drawn)), config: { ...CONFIG, scrollZoom: Boolean(figure.layout.meta?.zoom) },
        layout: { ...themed(figure.layout), width, height, autosize: false, uirevision: figure.layout.uirevision ?? 'keep' },
      });
      if (first) {
        div.on('plotly_click', ({ points: [point] }) => {
          const rail = figure.layout.meta?.rail;
          if (rail && point.data.meta?.rail) driftscope.goto(rail, point.pointNumber);
          trigger('point_click', {
            trace: point.curveNumber, name: point.data.name ?? '', index: point.pointNumber, customdata: point.customdata ?? null,
          });
        });
        div.on('plotly_selected', (event) => {
          const points = (event?.points ?? []).map(({ data, pointNumber }) => ({ name: data.name ?? '', index: pointNumber }));
          if (points.length) trigger('points_select', { points });
        });
      }
      if (at !== drawn) scrub(P);
    };

    const change = () => {
      figure = props.value ? JSON.parse(props.value) : null;
      const rail = figure?.layout.meta?.rail;
      if (rail && rail !== followed) {
        followed = rail;
        driftscope.follow(rail, div, null, (position, { reel }) => { if (!reel.live) { at = position; plotly.then(scrub); } });
      }
      div.classList.toggle('is-empty', !figure);
      draw();
    };

    // A browser holds 16 WebGL contexts a page: a plot that uses one gives it back while it is out of sight.
    new ResizeObserver(async (entries) => {
      const { contentRect: place } = entries.at(-1);
      [width, height] = [place.width, place.height].map(Math.round);
      const P = await plotly;
      if (width) draw();
      else if (live && figure?.data.some((trace) => GL.test(trace.type ?? ''))) { P.purge(div); live = false; }
    }).observe(div);
    element.querySelector('.ds-plot-files').addEventListener('click', async ({ target }) => {
      if (target.dataset.format && live) save(await plotly, div, target.dataset.format);
    });
    window.addEventListener('driftscope-theme', draw);
    watch('value', change);
    change();
  }

  window.driftscope = Object.assign(window.driftscope ?? {}, { plot: mount });
})();
