/* What the page's address carries: see address.py. Every name in it is written by link(). */
(() => {
  const seen = new Set();  // ids of the components whose panels have been on the screen

  /** Put settings (an object) into the address; null or '' takes one out. */
  function link(settings) {
    const url = new URL(location);
    for (const [name, value] of Object.entries(settings)) {
      if (value === null || value === '') url.searchParams.delete(name);
      else url.searchParams.set(name, value);
    }
    history.replaceState(history.state, '', url);
  }

  /** A component whose value says what the address is to say. */
  function linkWriter(props, watch) {
    watch('value', () => { if (props.value) link(JSON.parse(props.value)); });
  }

  /** Put what controls are set to into the address: fields are [name, what it is at first]; too long a value stays out.
   *  A panel is drawn before it is seen, and its controls then change to what they are at first: until the component
   *  `opened` of the panel has been seen, the address is what is still to be restored. */
  function linkFields(fields, values, most, opened) {
    if (opened && !seen.has(opened)) return;
    const told = (value) => (Array.isArray(value) ? value.join('\n') : String(value ?? ''));
    link(Object.fromEntries(fields.map(([name, first], i) => {
      const text = told(values[i]);
      return [name, text === first || encodeURIComponent(text).length > most ? null : text || ' '];
    })));
  }

  /** Put the chosen one of some tabs into the address, as `name`. Of tabs within a tab, whose ids begin with prefix,
   *  the first is what a fresh page shows and is left out. */
  function linkTab(within, name, prefix = '') {
    requestAnimationFrame(() => {
      const tabs = [...document.querySelectorAll(`${within} > .tab-wrapper [role=tab]`)];
      const chosen = tabs.findIndex((tab) => tab.getAttribute('aria-selected') === 'true');
      if (chosen < 0) return;
      link({ [name]: prefix && !chosen ? null : tabs[chosen].dataset.tabId.slice(prefix.length) });
    });
  }

  /** Call once, when the element is first seen. */
  function firstView(element, then) {
    const look = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      look.disconnect();
      seen.add(element.closest('[id]').id);
      then();
    }, { rootMargin: '100000px' });  // below the fold is seen too, a hidden tab is not
    look.observe(element);
  }

  function copyLink() {
    const button = document.querySelector('#copy-link'), label = button.textContent;
    navigator.clipboard?.writeText(location.href).then(() => {
      button.textContent = 'Copied';
      setTimeout(() => { button.textContent = label; }, 1500);
    });
  }

  window.driftscope = Object.assign(window.driftscope ?? {}, { link, linkWriter, linkFields, linkTab, firstView, copyLink });
})();
