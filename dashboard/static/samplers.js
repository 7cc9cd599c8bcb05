/* Pictures side by side that follow a rail, and two of them laid over each other. */
(() => {
  /** Lanes and slider follow their rail; open(lane) is called for a lane that is to be opened. */
  function lanes(element, rail, watch, open) {
    driftscope.follow(rail, element, watch);
    element.addEventListener('click', (event) => {
      const button = event.target.closest('[data-open]');
      if (button) open(Number(button.dataset.open));
    });
    split(element, () => driftscope.goto(rail, driftscope.at(rail)));
  }

  /** A slider between two pictures (split.py); chosen() is called where another one is chosen for a side. */
  function split(element, chosen) {
    element.addEventListener('input', ({ target }) => {
      if (target.matches('.ds-ab-stage input')) target.parentElement.style.setProperty('--split', `${target.value}%`);
    });
    element.addEventListener('change', ({ target }) => {
      if (!target.dataset.side) return;
      const stage = target.closest('.ds-ab');
      stage.querySelector(`[data-part=${target.dataset.side}]`).setAttribute(stage.dataset.by, target.value);
      chosen?.();
    });
  }

  window.driftscope = Object.assign(window.driftscope ?? {}, { lanes, split });
})();
