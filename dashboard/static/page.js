/* The page itself: light or dark, a PNG dropped anywhere. */
(() => {
  const KEY = 'driftscope-theme';

  function dark(on) {
    document.body.classList.toggle('dark', on);
  }

  function open() {
    // With a <base>, a plot's clip paths name the whole address, and every plot goes blank when link() changes it
    const base = document.querySelector('base');
    if (base?.href === new URL('.', location).href) base.remove();
    const kept = localStorage.getItem(KEY);
    if (kept && !new URLSearchParams(location.search).has('__theme')) {
      dark(kept === 'dark');
      // Gradio sets the system's theme once, while it starts
      const start = new MutationObserver(() => { if (document.body.classList.contains('dark') !== (kept === 'dark')) dark(kept === 'dark'); });
      start.observe(document.body, { attributes: true, attributeFilter: ['class'] });
      setTimeout(() => start.disconnect(), 3000);
    }
    new MutationObserver(() => window.dispatchEvent(new Event('driftscope-theme')))
      .observe(document.body, { attributes: true, attributeFilter: ['class'] });
    plainMessages();
  }

  function themeButton(button) {
    button.addEventListener('click', () => {
      const on = !document.body.classList.contains('dark');
      dark(on);
      localStorage.setItem(KEY, on ? 'dark' : 'light');
    });
  }

  /** Cards of the runs: each of their buttons says which of these acts it does, and to which run. */
  function cards(element, acts, trigger) {
    element.addEventListener('click', (event) => {
      const button = event.target.closest('button[data-act]');
      if (acts.includes(button?.dataset.act)) trigger(button.dataset.act, { id: button.dataset.id });
    });
  }

  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || !event.target.closest('#prompt')) return;
    event.preventDefault();
    document.querySelector('#generate').click();
  });

  document.addEventListener('dragover', (event) => event.preventDefault());
  document.addEventListener('drop', (event) => {
    const input = document.querySelector('#restore input[type=file]');
    if (event.target.closest('#restore, .ds-drop')) return;  // each takes its own
    event.preventDefault();
    if (!input || !event.dataTransfer?.files.length) return;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  });

  const SESSION = 'driftscope-session';

  /** This page's session: the page that the browser tab shows next takes its runs over. */
  const remember = (session) => { if (session) sessionStorage.setItem(SESSION, session); };
  const earlier = () => sessionStorage.getItem(SESSION) ?? '';

  /** seen() is called each time the tab that holds the element comes into view. */
  function sight(element, seen) {
    let visible = false;
    new ResizeObserver(() => {
      const now = element.getClientRects().length > 0;
      if (now && !visible) seen();
      visible = now;
    }).observe(element);
  }

  /** Tell of each value once it is set and what is told stands in sight; earlier: also of one from before it first did. */
  function due(element, props, watch, earlier, tell) {
    let told = earlier ? undefined : props.value;
    const look = () => {
      if (!props.value || props.value === told || element.getClientRects().length === 0) return;
      told = props.value;
      tell();
    };
    watch('value', look);
    sight(element, look);
  }

  const UNDER_WAY = '.ds-state:is(.is-running, .is-queued)';

  /** A line that says where work stands: the body's classes tell the Stop buttons whether any does, and a picture's. */
  function standing(element) {
    const tell = () => {
      document.body.classList.toggle('ds-busy', document.querySelector(UNDER_WAY) !== null);
      document.body.classList.toggle('ds-drawing', document.querySelector(`#status ${UNDER_WAY}`) !== null);
    };
    // a line that follows another is the same element with another class
    new MutationObserver(tell).observe(element, { childList: true, subtree: true, attributeFilter: ['class'] });
    tell();
  }

  /** Buttons that ask for a file of their kind: each that comes is saved. */
  function downloads(element, props, watch, write) {
    element.addEventListener('click', ({ target, detail }) => {
      const button = target.closest('button[data-kind]');
      if (button && detail < 2) write(button.dataset.kind);  // a double click wants one file
    });
    let saved;
    watch('value', () => {
      const { file, at } = props.value ?? {};
      if (!file || at === saved) return;  // what an event brings is told more than once
      saved = at;
      Object.assign(document.createElement('a'), { href: file.url, download: file.orig_name }).click();
    });
  }

  /** A message's head is a button to Gradio, and holds another that closes it: whoever hears the page is told of one. */
  function plainMessages() {
    const heads = document.getElementsByClassName('toast-header');
    new MutationObserver(() => {
      for (const head of heads) for (const name of ['role', 'tabindex']) head.removeAttribute(name);
    }).observe(document.body, { childList: true, subtree: true });
  }

  /** Open a tab of the page by its id, from the top. */
  function openTab(id) {
    document.querySelector(`#tabs [role=tab][data-tab-id="${id}"]`)?.click();
    window.scrollTo({ top: 0 });
  }

  /** Open a tab, and a fold in it, and go there. */
  function openFold(id, selector) {
    openTab(id);
    setTimeout(() => {
      const fold = document.querySelector(selector), head = fold.querySelector('button');
      if (!head.classList.contains('open')) head.click();
      setTimeout(() => fold.scrollIntoView(), 50);  // it is as tall as the screen once it is open
    }, 50);
  }

  /** Run what the sidebar asks for, in sight. */
  function generate() {
    openTab('generate');
    setTimeout(() => document.querySelector('#generate').click(), 50);
  }

  if (document.body) open();  // Gradio adds these scripts to a page that already stands
  else document.addEventListener('DOMContentLoaded', open);

  window.driftscope = Object.assign(window.driftscope ?? {}, { themeButton, cards, remember, earlier, sight, due, standing, downloads, openTab, openFold, generate });
})();
