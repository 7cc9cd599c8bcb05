/* A page of one result, without a server: its rail plays the reel that stands in it. */
(() => {
  const RAIL = 'sheet';
  const never = () => {};
  driftscope.link = never;  // such a page carries nothing in its address

  /** What the rail moves of a plot: lines, points and texts, each in a group that says where they stand when. */
  function marks(svg) {
    const groups = [...svg.querySelectorAll('[data-moves]')].map((group) => [group, JSON.parse(group.dataset.moves)]);
    driftscope.follow(RAIL, svg, null, (at) => {
      for (const [group, moves] of groups) {
        const [xs, ys] = [moves.x, moves.y].map((list) => list[Math.min(at, list.length - 1)]);
        const known = (i) => typeof xs[i] === 'number' && typeof ys[i] === 'number';
        group.querySelector('.line')?.setAttribute('d', xs.map((x, i) => (known(i) ? `${i && known(i - 1) ? 'L' : 'M'}${x} ${ys[i]}` : '')).join(''));
        for (const [name, x, y] of [['circle', 'cx', 'cy'], ['text', 'x', 'y']]) {
          group.querySelectorAll(name).forEach((one, i) => {
            one.style.display = known(i) ? '' : 'none';
            if (known(i)) { one.setAttribute(x, xs[i]); one.setAttribute(y, ys[i]); }
            if (name === 'text' && moves.side) beside(one, moves.side[Math.min(at, moves.side.length - 1)][i]);
          });
        }
      }
    });
  }

  function beside(text, [dx, dy, anchor]) {
    for (const [name, value] of Object.entries({ dx, dy, 'text-anchor': anchor })) text.setAttribute(name, value);
  }

  /** The reel, its pictures put back where their numbers stand; those that are seen at first are taken from there. */
  function reel() {
    const { pictures, frames, ...rest } = JSON.parse(document.querySelector('#reel').textContent);
    const uri = (n) => pictures[n] ?? document.getElementById(`picture-${n}`)?.getAttribute('src') ?? null;
    const filled = Object.entries(frames).map(([name, numbers]) => [name, numbers.map(uri)]);
    return JSON.stringify({ ...rest, frames: Object.fromEntries(filled) });
  }

  const block = document.querySelector('.ds-rail-block');
  if (block) {
    const value = reel();
    driftscope.rail(RAIL, block, { value }, never);
    for (const one of document.querySelectorAll('.ds-follows')) driftscope.lanes(one, RAIL, never, never);
    for (const svg of document.querySelectorAll('.ds-sketch')) marks(svg);
  }
  for (const one of document.querySelectorAll('.ds-push')) driftscope.opacity(one);
  for (const one of document.querySelectorAll('.ds-loop-button')) driftscope.loop(one.querySelector('button'));
  for (const one of document.querySelectorAll('[data-sets]')) {
    one.addEventListener('input', () => one.closest('.ds-heat').style.setProperty(one.dataset.sets, one.value / 100));
  }
})();
