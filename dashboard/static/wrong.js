/* What the server refuses is told in a message at the edge of the page (guard, in shell.py), and here at the field too that
 * it is about: found by its name, and where several have that name by the value that was refused.
 */
(() => {
  const LOOK = 400;  // milliseconds between two looks whether a field that is marked has changed
  const FIELDS = 'textarea, input:not([type=file], [type=range], [type=radio], [type=checkbox])', CHOSEN = 'input[type=radio]:checked';
  const marks = new Map();  // a field's block -> what clears its mark
  let count = 0;

  const words = (text) => `-${(text ?? '').toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '')}-`;
  const shown = (block) => block.getClientRects().length > 0;
  const values = (block) => [...block.querySelectorAll(`${FIELDS}, ${CHOSEN}`)].map((one) => one.value);

  /** How surely a block is the one of that name and value; 0 where it is not. */
  function likely(block, name, value) {
    const label = words(block.querySelector('[data-testid=block-info]')?.textContent), id = words(block.id);
    if (!values(block).length || !(id.includes(name) || label === name)) return 0;
    const same = values(block).some((one) => one === value || (one !== '' && Number(one) === Number(value)) || (one === '' && value === 'None'));
    if (!same && block.querySelector('input[type=number]')) return 0;  // it holds another number by now
    return 1 + 4 * same + 2 * (id === name || label === name) + !block.closest('.ds-side');
  }

  /** The blocks that a refused value stands in: one, or several with the same fault. */
  function blocksOf(field, value) {
    const all = [...document.querySelectorAll('.block[id]')].filter((block) => shown(block) || folded(block));
    const found = all.map((block) => [likely(block, words(field), value), block]).filter(([sure]) => sure);
    const surest = Math.max(...found.map(([sure]) => sure));
    return found.filter(([sure]) => sure === surest).map(([, block]) => block);
  }

  /** Whether a block is one of the sidebar's settings that a phone folds away. */
  const fold = () => document.querySelector('#fold-settings [aria-expanded=false]');
  const folded = (block) => Boolean(block.closest('.ds-settings') && fold()?.getClientRects().length);

  function mark(block, told) {
    marks.get(block)?.();
    if (folded(block)) fold().click();
    const note = Object.assign(document.createElement('p'), { className: 'ds-wrong', id: `wrong-${count += 1}`, textContent: told });
    const row = block.closest('.row'), inputs = [...block.querySelectorAll(FIELDS)], before = values(block).join('\n');
    // a narrow field of a row of the sidebar has its note below the row
    (row?.matches('.ds-side .ds-seed, .ds-side .ds-steps, .ds-side .ds-interval') ? row : block).append(note);
    for (const one of inputs) { one.setAttribute('aria-invalid', 'true'); one.setAttribute('aria-describedby', note.id); }
    const look = setInterval(() => { if (!block.isConnected || values(block).join('\n') !== before) clear(); }, LOOK);
    const clear = () => {
      clearInterval(look);
      note.remove();
      for (const one of inputs) { one.removeAttribute('aria-invalid'); one.removeAttribute('aria-describedby'); }
      marks.delete(block);
    };
    marks.set(block, clear);
  }

  /** A message that has come: whatever was marked before is past. */
  function told(message) {
    const [field, value, allowed] = [...message.children].map((part) => part.textContent);
    marks.forEach((clear) => clear());
    for (const block of blocksOf(field, value.replace(/^(['"])(.*)\1$/s, '$2'))) mark(block, `It must be ${allowed}.`);
  }

  function watch(place) {
    new MutationObserver((records) => {
      const added = records.flatMap((record) => [...record.addedNodes]).filter((node) => node.querySelectorAll);
      const messages = added.flatMap((node) => [...node.querySelectorAll('.ds-refused')]);
      if (messages.length) told(messages.at(-1));
    }).observe(place, { childList: true, subtree: true });
  }

  const opening = new MutationObserver(() => {
    const place = document.querySelector('.toast-wrap');
    if (!place) return;
    opening.disconnect();
    watch(place);
  });
  opening.observe(document, { childList: true, subtree: true });
})();
