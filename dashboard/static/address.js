/* What the page's address carries: see address.py. Every name in it is written by link(). */
(() => {
  const seen = new Set();  // ids of the components whose panels have been on the screen

  const MOST = 8000;  // characters of an address, as LONGEST of links.py: what servers and proxies between here and there take
  const left = new Set();  // names of settings that were too long
  const tabs = [];  // {selector of some tabs, their name in the address, what their ids begin with, the one a fresh page shows}

  /** Put settings (an object) into the address; null or '' takes one out. What makes it too long is left out and told.
   *  step: as a step of the browser's history, which Back undoes. */
  function link(settings, step = false) {
    const url = named(settings), long = [];
    Object.keys(settings).forEach((name) => left.delete(name));
    while (url.href.length > MOST && url.searchParams.size) {
      const [name] = [...url.searchParams].reduce((a, b) => (encodeURIComponent(a[1]).length < encodeURIComponent(b[1]).length ? b : a));
      url.searchParams.delete(name);
      left.add(name);
      long.push(name);
    }
    history[step ? 'pushState' : 'replaceState'](history.state, '', url);
    now = url.href;
    if (long.length) say(`Too long for a link, so the address is without: ${long.join(', ')}.`);
  }
  let now = location.href;

  /** The page's address, but for these settings. */
  function named(settings) {
    const url = new URL(location);
    for (const [name, value] of Object.entries(settings)) {
      if (value === null || value === '') url.searchParams.delete(name);
      else url.searchParams.set(name, value);
    }
    return url;
  }

  /** A component whose value says what the address is to say. */
  function linkWriter(props, watch) {
    watch('value', () => { if (props.value) link(JSON.parse(props.value).settings); });
  }

  /** Put what controls are set to into the address: fields are [name, what it is at first].
   *  A panel is drawn before it is seen, and its controls then change to what they are at first: until the component
   *  `opened` of the panel has been seen, the address is what is still to be restored. */
  function linkFields(fields, values, opened) {
    if (opened && !seen.has(opened)) return;
    const told = (value) => (Array.isArray(value) ? value.join('\n') : String(value ?? ''));
    link(Object.fromEntries(fields.map(([name, first], i) => {
      const text = told(values[i]);
      return [name, text === first ? null : text || ' '];
    })));
  }

  /** Put the chosen one of some tabs into the address, as `name`; Back turns back to the one before. A fresh page shows
   *  the tab `fresh`, or the first one; of tabs within a tab, whose ids begin with prefix, that one is left out. */
  function linkTab(within, name, prefix = '', fresh = '') {
    const usually = fresh && `[data-tab-id="${prefix}${fresh}"]`;
    if (!tabs.some((one) => one.name === name)) tabs.push({ within, name, prefix, usually });
    requestAnimationFrame(() => {
      const [chosen, first] = ['[aria-selected=true]', usually].map((which) => tab(within, which));
      if (!chosen) return;
      const [id, usual] = [chosen, first].map((one) => one.dataset.tabId.slice(prefix.length));
      const before = new URL(location).searchParams.get(name) ?? usual;
      link({ [name]: prefix && id === usual ? null : id }, id !== before);
    });
  }

  const tab = (within, which) => document.querySelector(`${within} > .tab-wrapper [role=tab]${which}`);

  /** Back and forward turn to the tabs of that entry; whatever else the page is set to stays, and so does its address. */
  window.addEventListener('popstate', () => {
    const asked = new URL(location).searchParams, url = new URL(now);
    for (const { within, name, prefix, usually } of tabs) {
      const id = asked.get(name);
      if (id === null) url.searchParams.delete(name);
      else url.searchParams.set(name, id);
      history.replaceState(history.state, '', url);
      const wanted = id === null ? tab(within, usually) : tab(within, `[data-tab-id="${CSS.escape(prefix + id)}"]`);
      if (wanted && wanted.getAttribute('aria-selected') !== 'true') wanted.click();
    }
    now = url.href;
  });

  /** A line at the foot of the page, for a while; with a text to copy until it is closed. */
  function say(text, copy) {
    document.querySelector('.ds-say')?.remove();
    const line = Object.assign(document.createElement('div'), { className: 'ds-say', textContent: text });
    line.setAttribute('role', 'status');
    const close = () => line.remove();
    if (copy) {
      const field = Object.assign(document.createElement('input'), { readOnly: true, value: copy });
      field.setAttribute('aria-label', text);
      line.append(field);
      document.body.append(line);
      field.select();
    } else document.body.append(line);
    const button = Object.assign(document.createElement('button'), { type: 'button', textContent: '×', onclick: close });
    button.setAttribute('aria-label', 'Close');
    line.append(button);
    if (!copy) setTimeout(close, 10000);
  }

  const PATIENCE = 30;  // tenths of a second that a panel waits for a tab which the address names and the page lacks

  /** Call once, when the element is first seen. */
  function firstView(element, then) {
    let inView = false, waits = 0;
    const settle = () => {
      if (!inView) return;
      if (!meant(element, waits++)) { setTimeout(settle, 100); return; }
      look.disconnect();
      seen.add(element.closest('.block').id);
      then();
      inView = false;
    };
    const look = new IntersectionObserver((entries) => {
      inView = entries.at(-1).isIntersecting;
      settle();
    }, { rootMargin: '100000px' });  // below the fold is seen too, a hidden tab is not
    look.observe(element);
  }

  /** Whether the tab within a tab that an element stands in is the one that the address names, or it names none: as the
   *  page opens, the first of them is in view until the server has answered, before the others may be there. */
  function meant(element, waits) {
    const [, name, id] = element.closest('[role=tabpanel]')?.id.match(/^(\w+?)-(.+)-tab$/) ?? [];
    const wanted = new URL(location).searchParams.get(name);
    if (wanted === null || wanted === id) return true;
    return waits > PATIENCE && !document.querySelector(`[role=tab][data-tab-id="${CSS.escape(`${name}-${wanted}`)}"]`);
  }

  /** Of the run that is named beside the button: while another one goes on, the address is that one's already. */
  function copyLink() {
    const run = document.querySelector('#run [data-link]');
    const address = document.body.classList.contains('ds-running') && run ? named(JSON.parse(run.dataset.link)).href : location.href;
    copy('#copy-link', address, 'Copy this link:').then((done) => {
      if (done && left.size) say(`Copied, without what is too long for a link: ${[...left].join(', ')}.`);
    });
  }

  function copySettings() {
    const run = document.querySelector('#run [data-settings]');
    if (run) copy('#copy-settings', run.dataset.settings, 'Copy these settings:');
  }

  /** Copy a text for the button, which says so; where it cannot be copied, offer it under these words. */
  async function copy(selector, text, words) {
    const button = document.querySelector(selector), label = button.dataset.label ??= button.textContent;
    const done = await copied(text);
    if (done) {
      button.textContent = 'Copied';
      setTimeout(() => { button.textContent = label; }, 1500);
    } else say(words, text);
    return done;
  }

  /** Whether a text is in the clipboard now. A page on plain http has no navigator.clipboard. */
  async function copied(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const field = Object.assign(document.createElement('textarea'), { value: text, className: 'ds-out-of-sight' });
      document.body.append(field);
      field.select();
      const done = document.execCommand('copy');
      field.remove();
      return done;
    }
  }

  window.driftscope = Object.assign(window.driftscope ?? {}, { link, linkWriter, linkFields, linkTab, firstView, copyLink, copySettings });
})();
