/* Heat maps over pictures, one tile a word: a canvas of few pixels, enlarged smoothly over a grey picture.
 * Value: {rail, layers: [name], groups: [{title, names, notes, frames, maps, side, positions, hints}]}; see heat.py.
 */
(() => {
  const make = (tag, css, text) => {
    const one = document.createElement(tag);
    if (css) one.className = css;
    if (text !== undefined) one.textContent = text;
    return one;
  };

  function ink() {
    const colour = getComputedStyle(document.body).getPropertyValue('--ds-q-guided').trim();
    return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  }

  function mount(element, props, watch) {
    let heat = null, at = 0, frames = {}, layer = 0, tiles = [];

    function paint() {
      if (!heat) return;
      const rgb = ink();
      for (const { group, index, image, canvas } of tiles) {
        const { side, positions, names, bytes } = group;
        const p = Math.min(at, positions - 1), size = side * side;
        const from = ((layer * positions + p) * names.length + index) * size;
        const context = canvas.getContext('2d'), pixels = context.createImageData(side, side);
        for (let i = 0; i < size; i++) pixels.data.set([...rgb, bytes[from + i]], 4 * i);
        context.putImageData(pixels, 0, 0);
        const list = group.frames ?? frames.x0 ?? [];
        const uri = list[Math.min(at, list.length - 1)];
        if (uri && image.getAttribute('src') !== uri) image.src = uri;
      }
    }

    function controls() {
      const row = make('div', 'ds-heat-controls');
      const opacity = make('label', '', 'Strength');
      const slider = Object.assign(make('input'), { type: 'range', min: 0, max: 100, value: 75 });
      slider.setAttribute('aria-label', 'Strength of the heat map');
      slider.addEventListener('input', () => element.style.setProperty('--heat', slider.value / 100));
      opacity.append(slider);
      row.append(opacity);
      if (heat.layers.length > 1) {
        const label = make('label', '', 'Block'), select = make('select');
        heat.layers.forEach((name, i) => select.append(new Option(name, i)));
        select.value = layer;
        select.addEventListener('change', () => { layer = Number(select.value); paint(); });
        label.append(select);
        row.append(label);
      }
      return row;
    }

    function build() {
      heat = props.value ? JSON.parse(props.value) : null;
      tiles = [];
      element.replaceChildren();
      if (!heat) return;
      layer = Math.min(layer, heat.layers.length - 1);
      for (const group of heat.groups) {
        group.bytes = Uint8Array.from(atob(group.maps), (letter) => letter.charCodeAt(0));
        if (group.title) element.append(make('h3', '', group.title));
        const grid = make('div', 'ds-heat-tiles');
        group.names.forEach((name, index) => {
          const figure = make('figure'), stack = make('div', 'ds-heat-stack'), caption = make('figcaption', '', name);
          const image = make('img'), canvas = make('canvas');
          canvas.width = canvas.height = group.side;
          canvas.setAttribute('role', 'img');
          canvas.setAttribute('aria-label', `Where “${name}” is strong`);
          image.alt = '';
          if (group.hints[index]) { figure.title = group.hints[index]; caption.classList.add('is-extra'); }
          stack.append(image, canvas);
          caption.append(make('small', '', group.notes[index]));
          figure.append(stack, caption);
          grid.append(figure);
          tiles.push({ group, index, image, canvas });
        });
        element.append(grid);
      }
      element.prepend(controls());
      paint();
      follow();
    }

    /** Anew with each value: a rail forgets an element that was out of the page when it moved. */
    function follow() {
      if (heat.rail) driftscope.follow(heat.rail, element, null, (position, { reel }) => { if (!reel.live) { at = position; frames = reel.frames; paint(); } });
    }

    window.addEventListener('driftscope-theme', paint);
    watch('value', build);
    build();
  }

  window.driftscope = Object.assign(window.driftscope ?? {}, { heat: mount });
})();
