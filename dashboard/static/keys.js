/* What the keyboard does, on a sheet that "?" opens, and the way past the sidebar. */
(() => {
  const KEYS = [
    ['Enter', 'in the prompt: generate; Shift + Enter begins a new line'],
    ['↓ ↑ · Enter', 'in the prompt: choose one of the names that are suggested, and take it'],
    ['← →', 'one step back or forward on the step rail in view'],
    ['Home · End', 'the first step, the last step'],
    ['Space', 'play or pause'],
    ['< > · R · F', 'on the step rail: slower or faster, repeat, full screen'],
    ['Tab · Shift + Tab', 'to the next or the previous control'],
    ['?', 'open or close this sheet'],
    ['Esc', 'close it'],
  ];

  function sheet() {
    const made = document.querySelector('.ds-keys');
    if (made) return made;
    const dialog = Object.assign(document.createElement('dialog'), { className: 'ds-keys' });
    dialog.setAttribute('aria-label', 'Keys');
    const rows = KEYS.map(([key, does]) => `<dt>${key.replace('<', '&lt;')}</dt><dd>${does}</dd>`).join('');
    dialog.innerHTML = `<form method="dialog"><h2>Keys</h2><button aria-label="Close">×</button></form><dl>${rows}</dl>`;
    dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
    document.querySelector('.gradio-container').append(dialog);
    return dialog;
  }

  function toggle() {
    const one = sheet();
    if (one.open) one.close(); else one.showModal();
  }

  document.addEventListener('keydown', (event) => {
    if (event.key !== '?' || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest('textarea, select, [contenteditable], input:not([type=range], [type=checkbox], [type=radio])')) return;
    event.preventDefault();
    toggle();
  });

  // Gradio's list of options opens again on the key that leaves it, and stays: it is not to hear of that key.
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Tab' && event.target.matches('[role=combobox]')) event.stopPropagation();
  }, true);

  /** The header's buttons: to the tab that is open, and the sheet. */
  function header(element) {
    element.querySelector('.ds-skip').addEventListener('click', () => document.querySelector('#tabs [role=tab][aria-selected=true]').focus());
    element.querySelector('.ds-help').addEventListener('click', toggle);
  }

  window.driftscope = Object.assign(window.driftscope ?? {}, { header });
})();
