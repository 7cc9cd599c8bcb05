/* The Samplers tab: two lanes laid over each other, and which two. */
(() => {
  /** Lanes and slider follow their rail; open(lane) is called for a lane that is to be opened. */
  function lanes(element, rail, watch, open) {
    driftscope.follow(rail, element, watch);
    element.addEventListener('click', (event) => {
      const button = event.target.closest('[data-open]');
      if (button) open(Number(button.dataset.open));
    });
    element.addEventListener('input', ({ target }) => {
      if (target.matches('.ds-ab-stage input')) target.parentElement.style.setProperty('--split', `${target.value}%`);
    });
    element.addEventListener('change', ({ target }) => {
      if (!target.dataset.side) return;
      element.querySelector(`[data-part=${target.dataset.side}]`).dataset.frame = `x0:${target.value}`;
      driftscope.goto(rail, driftscope.at(rail));
    });
  }

  window.driftscope = Object.assign(window.driftscope ?? {}, { lanes });
})();
