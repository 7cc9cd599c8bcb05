/* Suggestions while a prompt is typed: the names of what the model in use can draw. */
(() => {
  const BOXES = '#prompt textarea, #negative textarea';
  const MOST = 6, WORDS = 4, LETTERS = 3;  // suggestions; words of a name that count; letters before anything is said
  const NO_NAMES = ['and', 'the', 'with', 'next', 'left', 'right', 'above', 'below', 'top', 'background'];
  let model = '', names = [], list = null, box = null, chosen = -1;

  async function load() {
    const now = document.querySelector('#model input')?.value ?? '';
    if (now === model) return;
    model = now;
    names = [];
    const answer = await fetch(`${window.gradio_config.root}/names?model=${encodeURIComponent(now)}`).catch(() => null);
    const found = answer?.ok ? await answer.json() : [];
    if (now !== model) return;
    names = found;
    if (!found.length) model = '';  // it is still being loaded: asked again at the next letter
  }

  /** What the caret stands behind, and the names that it may become: of its last words, as many as begin a name. */
  function found(before) {
    const words = before.toLowerCase().split(/[\s,;.]+/);
    for (let count = Math.min(WORDS, words.length); count; count--) {
      const typed = words.slice(-count).join(' ');
      if (typed.length < LETTERS || NO_NAMES.includes(typed) || !before.toLowerCase().endsWith(typed)) continue;
      const begins = names.filter((name) => name.toLowerCase().startsWith(typed));
      const holds = count > 1 ? [] : names.filter((name) => name.toLowerCase().includes(` ${typed}`) && !begins.includes(name));
      if (begins.some((name) => name.toLowerCase() === typed)) return { typed, fits: [] };  // it is one already
      const sorted = [begins, holds].flatMap((some) => some.sort((a, b) => a.length - b.length));
      if (sorted.length) return { typed, fits: sorted.slice(0, MOST) };
    }
    return { typed: '', fits: [] };
  }

  function close() {
    list?.remove();
    box?.removeAttribute('aria-activedescendant');
    box?.removeAttribute('aria-controls');
    list = null;
    chosen = -1;
  }

  function offer() {
    const { typed, fits } = found(box.value.slice(0, box.selectionStart));
    close();
    if (!fits.length) return;
    list = Object.assign(document.createElement('ul'), { className: 'ds-complete', id: 'complete' });
    list.setAttribute('role', 'listbox');
    list.setAttribute('aria-label', 'Suggestions');
    fits.forEach((name, i) => {
      const one = Object.assign(document.createElement('li'), { id: `complete-${i}`, textContent: name });
      one.setAttribute('role', 'option');
      one.setAttribute('aria-selected', 'false');
      one.addEventListener('mousedown', (event) => { event.preventDefault(); take(typed, name); });
      list.append(one);
    });
    list.dataset.typed = typed;
    box.setAttribute('aria-controls', list.id);
    box.closest('#prompt, #negative').append(list);  // in the label it would be part of the box's name
  }

  function choose(index) {
    const all = [...list.children];
    chosen = (index + all.length) % all.length;
    all.forEach((one, i) => one.setAttribute('aria-selected', i === chosen));
    box.setAttribute('aria-activedescendant', all[chosen].id);
  }

  function take(typed, name) {
    const end = box.selectionStart, begin = end - typed.length;
    box.setRangeText(name, begin, end, 'end');
    close();
    box.dispatchEvent(new Event('input', { bubbles: true }));
  }

  document.addEventListener('input', async (event) => {
    if (!event.target.matches?.(BOXES)) return;
    box = event.target;
    box.setAttribute('aria-autocomplete', 'list');
    await load();
    if (document.activeElement === box) offer();
  });
  document.addEventListener('focusout', close);
  document.addEventListener('keydown', (event) => {
    if (!list || event.target !== box) return;
    const acts = { ArrowDown: () => choose(chosen + 1), ArrowUp: () => choose(chosen < 0 ? -1 : chosen - 1), Escape: close };
    if (chosen >= 0) acts.Enter = acts.Tab = () => take(list.dataset.typed, list.children[chosen].textContent);
    if (!acts[event.key] || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    acts[event.key]();
  }, true);
})();
