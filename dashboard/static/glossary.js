/* What a term means, beside it, while it is pointed at or has the focus. See glossary.py. */
(() => {
  let card, shown = null;

  function build() {
    card = Object.assign(document.createElement('div'), { id: 'ds-told-term', hidden: true });
    card.setAttribute('role', 'tooltip');
    document.body.append(card);
    const term = (event) => event.target.closest?.('.ds-term');
    for (const name of ['mouseover', 'focusin', 'click']) {
      document.addEventListener(name, (event) => { if (term(event)) show(term(event)); });
    }
    document.addEventListener('mouseout', (event) => {
      const next = event.relatedTarget;  // the card itself may be pointed at
      if (shown && !card.contains(next) && !shown.contains(next) && document.activeElement !== shown) hide();
    });
    document.addEventListener('focusout', (event) => { if (term(event) === shown) hide(); });
    document.addEventListener('keydown', (event) => { if (event.key === 'Escape') hide(); });
    document.addEventListener('pointerdown', (event) => { if (!term(event) && !card.contains(event.target)) hide(); });
    window.addEventListener('scroll', hide, { passive: true, capture: true });
  }

  function show(term) {
    shown = term;
    card.textContent = term.dataset.told;
    card.hidden = false;
    const place = term.getBoundingClientRect(), { offsetWidth: width, offsetHeight: height } = card;
    const left = Math.max(8, Math.min(place.left, innerWidth - width - 8));
    const below = place.bottom + 6 + height < innerHeight;
    Object.assign(card.style, { left: `${left}px`, top: `${below ? place.bottom + 4 : place.top - height - 4}px` });
  }

  function hide() {
    if (card) card.hidden = true;
    shown = null;
  }

  if (document.body) build();
  else document.addEventListener('DOMContentLoaded', build);
})();
