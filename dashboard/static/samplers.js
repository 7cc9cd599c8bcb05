/* The Samplers tab: two lanes laid over each other, and which two; when a tab is first seen. */
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

  /** seen() is called each time the tab that holds the element comes into view. */
  function sight(element, seen) {
    let visible = false;
    new ResizeObserver(() => {
      const now = element.getClientRects().length > 0;
      if (now && !visible) seen();
      visible = now;
    }).observe(element);
  }

  /** Fetch the file that a hidden download button has just been given. */
  function saveFrom(selector) {
    setTimeout(() => document.querySelector(selector).click(), 50);
  }

  function openTab(name) {
    document.querySelector(`#tabs [role=tab][data-tab-id=${name}]`)?.click();
  }

  window.driftscope = Object.assign(window.driftscope ?? {}, { lanes, sight, saveFrom, openTab });
})();
