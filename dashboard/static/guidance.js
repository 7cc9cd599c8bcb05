/* The Guidance tab: the two handles of an interval, the shade over the picture, the grid of a sweep. */
(() => {
  /** Two handles on one track. Value: {sigma: [per position], ends: [first, after]}; apply(ends) asks for a run. */
  function handles(element, props, watch, apply) {
    const inputs = [...element.querySelectorAll('input')], words = element.querySelector('output');
    const button = element.querySelector('button'), track = element.querySelector('.ds-handles-track');
    let sigma = [], begun = '';
    const ends = () => inputs.map((input) => Number(input.value));
    const draw = () => {
      const [first, after] = ends(), last = Math.max(1, sigma.length - 1);
      track.style.setProperty('--from', `${100 * first / last}%`);
      track.style.setProperty('--to', `${100 * after / last}%`);
      const whole = first === 0 && after === last;
      const span = first === after ? 'Guidance nowhere: the prompt alone at every step'
        : whole ? 'Guidance at every step' : `Guidance from σ ${sigma[first].toFixed(2)} to σ ${sigma[after].toFixed(2)}`;
      words.textContent = span;
      inputs.forEach((input, i) => input.setAttribute('aria-valuetext', `σ ${sigma[ends()[i]]?.toFixed(2) ?? ''}`));
      button.disabled = String(ends()) === begun;
    };
    const load = () => {
      const value = props.value ? JSON.parse(props.value) : { sigma: [], ends: [0, 0] };
      sigma = value.sigma;
      inputs.forEach((input, i) => { input.max = Math.max(0, sigma.length - 1); input.value = value.ends[i]; });
      begun = String(ends());
      element.classList.toggle('is-empty', sigma.length < 2);
      draw();
    };
    inputs.forEach((input, i) => input.addEventListener('input', () => {
      const [first, after] = ends();
      if (first > after) input.value = i ? first : after;
      draw();
    }));
    button.addEventListener('click', () => apply(ends()));
    watch('value', load);
    load();
  }

  /** A slider that sets how strongly the shade covers the picture; the address keeps it. */
  function opacity(element) {
    const input = element.querySelector('[data-opacity]');
    const kept = new URLSearchParams(location.search).get('shade');
    if (/^\d{1,3}$/.test(kept ?? '')) input.value = kept;
    const draw = () => element.style.setProperty('--shade', input.value / 100);
    input.addEventListener('input', draw);
    input.addEventListener('change', () => driftscope.link({ shade: input.value }));
    draw();
  }

  /** A click on a cell opens it in Generate; with a modifier key its link opens elsewhere, as links do. */
  function cells(element, open) {
    element.addEventListener('click', (event) => {
      const link = event.target.closest('a[data-cell]');
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      if (!link.closest('.is-done')) return;
      driftscope.openTab('generate');
      open(Number(link.dataset.cell));
    });
  }

  /** Pictures that arrive while a sweep runs: {cell: data URI}. */
  function fill(props, watch, grid) {
    watch('value', () => {
      for (const [cell, uri] of Object.entries(props.value ? JSON.parse(props.value) : {})) {
        const image = document.querySelector(`${grid} a[data-cell="${cell}"] img`);
        if (image) image.src = uri;
      }
    });
  }

  window.driftscope = Object.assign(window.driftscope ?? {}, { handles, opacity, cells, fill });
})();
