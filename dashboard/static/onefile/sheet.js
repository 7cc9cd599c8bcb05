/* A page of one run, without a server: its rail plays the reel that stands in it. */
(() => {
  const RAIL = 'sheet';
  const never = () => {};
  const night = matchMedia('(prefers-color-scheme: dark)');
  const light = () => document.body.classList.toggle('dark', night.matches);
  night.addEventListener('change', light);
  light();

  /** The rule and the dots of a curve stand at the position in view. */
  function marks(svg) {
    const rule = svg.querySelector('.rule'), xs = JSON.parse(rule.dataset.x);
    const dots = [...svg.querySelectorAll('circle')].map((dot) => [dot, JSON.parse(dot.dataset.y)]);
    driftscope.follow(RAIL, svg, null, (at) => {
      for (const end of ['x1', 'x2']) rule.setAttribute(end, xs[at]);
      for (const [dot, ys] of dots) {
        dot.style.display = ys[at] === null ? 'none' : '';
        dot.setAttribute('cx', xs[at]);
        dot.setAttribute('cy', ys[at] ?? 0);
      }
    });
  }

  /** The reel, its pictures put back where their numbers stand. */
  function reel() {
    const { pictures, frames, ...rest } = JSON.parse(document.querySelector('#reel').textContent);
    const filled = Object.entries(frames).map(([name, numbers]) => [name, numbers.map((n) => pictures[n])]);
    return JSON.stringify({ ...rest, frames: Object.fromEntries(filled) });
  }

  for (const one of document.querySelectorAll('.ds-follows')) driftscope.lanes(one, RAIL, never, never);
  driftscope.rail(RAIL, document.querySelector('.ds-rail-block'), { value: reel() }, never);
  for (const svg of document.querySelectorAll('.ds-sketch')) marks(svg);
})();
