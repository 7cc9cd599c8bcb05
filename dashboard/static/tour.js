/* The tour: one page of it at a time, guesses, and progress that stays in this browser. See tabs/tour. */
(() => {
  const KEY = 'driftscope-tour';

  /** What the reader has done: answers by stop, as views.kept makes them; own words and checked statements by review.
   *  there: what is to be done in another tab, by the number of the stop, for when that tab is opened. */
  function progress() {
    const nothing = { answers: {}, own: {}, picks: {}, there: {} };
    try {
      return { ...nothing, ...JSON.parse(localStorage.getItem(KEY)) };
    } catch {
      return nothing;
    }
  }

  function keep(change) {
    const now = progress();
    change(now);
    try {
      localStorage.setItem(KEY, JSON.stringify(now));
    } catch { /* a full or closed store: the tour goes on without a memory */ }
  }

  /** The tour in the browser's language, or else in English; the others go. */
  function spoken(element) {
    const all = [...element.querySelectorAll('.tour')], tag = navigator.language.split('-')[0];
    const mine = all.find((one) => one.lang === tag) ?? all[0];
    for (const one of all) if (one !== mine) one.remove();
    return mine;
  }

  function tour(element, props, watch, guess) {
    const { lang, dataset } = spoken(element), words = JSON.parse(dataset.words);
    const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name]);
    const pages = [...element.querySelectorAll('.tour-page')], ids = pages.map((page) => page.dataset.page);
    const page = (id) => pages[ids.indexOf(id)];
    const asked = new Set();  // stops whose measurement was asked for since the page was opened
    let model = null;  // that the server measured with last

    /** Show a page; step: as a step of the reader's, who is taken to its head. */
    function show(id, step) {
      for (const one of pages) one.hidden = one.dataset.page !== id;
      for (const entry of element.querySelectorAll('.tour-contents [data-go]')) {
        if (entry.dataset.go === id) entry.setAttribute('aria-current', 'step');
        else entry.removeAttribute('aria-current');
      }
      const now = page(id), answer = progress().answers[id];
      if (now.querySelector('.tour-found') && answer && !asked.has(id)) ask(id, answer.guess);
      if (id === 'summary') drawSummary();
      if (now.querySelector('.tour-statements')) drawReview(now);
      aim(now);
      const list = element.querySelector('.tour-contents'), mark = list.querySelector('[aria-current]');
      list.scrollLeft = mark.offsetLeft - list.offsetLeft - (list.clientWidth - mark.clientWidth) / 2;
      if (!step) return;
      driftscope.link({ stop: String(ids.indexOf(id) + 1) });
      now.querySelector('h2').focus({ preventScroll: true });
      if (now.getBoundingClientRect().top < 0) now.scrollIntoView({ block: 'start' });
    }

    /** The link to another tab names this run, so that it is there too, and this stop, so that one finds back. */
    function aim(now) {
      const link = now.querySelector('.tour-try a');
      if (!link) return;
      const url = new URL(location), wanted = link.dataset.address ??= link.getAttribute('href');
      if (!url.searchParams.has('prompt')) {  // the page has just been opened, and its run is not in the address yet
        url.searchParams.set('prompt', document.querySelector('#prompt textarea').value);
        url.searchParams.set('seed', document.querySelector('#seed input').value);
      }
      if (model) url.searchParams.set('model', model);  // the run in view may be another one's, a video's say
      for (const [name, value] of new URLSearchParams(wanted)) url.searchParams.set(name, value);
      const number = String(ids.indexOf(now.dataset.page) + 1), there = { words: link.dataset.words, panel: link.dataset.panel, back: words.back, from: words.from };
      url.searchParams.set('stop', number);
      url.searchParams.set('from', 'tour');
      link.href = url.search;
      keep((all) => { all.there[number] = there; });
    }

    /** Ask the server to measure; the question is closed until it has. */
    function ask(id, value) {
      asked.add(id);
      mark(page(id), value, true);
      guess({ stop: id, guess: value, language: lang });
    }

    /** Show what was guessed; shut: no other guess can be made. */
    function mark(now, value, shut) {
      for (const button of now.querySelectorAll('.tour-choice')) {
        const mine = Number(button.dataset.guess) === value;
        button.setAttribute('aria-pressed', String(mine));
        button.disabled = shut;
      }
      const range = now.querySelector('.tour-scale input');
      if (range) {
        if (value >= 0) range.value = value;
        range.disabled = now.querySelector('.tour-measure').disabled = shut;
        tell(range);
      }
    }

    function tell(range) {
      const scale = range.closest('.tour-scale');
      scale.querySelector('output').textContent = range.value + scale.dataset.unit;
      range.setAttribute('aria-valuetext', range.value + scale.dataset.unit);
    }

    function done() {
      const { answers, picks } = progress();
      for (const entry of element.querySelectorAll('.tour-contents [data-go]')) {
        entry.classList.toggle('is-done', entry.dataset.go in answers || entry.dataset.go in picks);
      }
    }

    /** What the server says of a stop. */
    watch('value', () => {
      if (!props.value) return;
      const { stop, html, kept, again, model: measured } = JSON.parse(props.value), now = page(stop);
      model = measured ?? model;
      now.querySelector('.tour-found').innerHTML = html;
      if (again) {
        asked.delete(stop);
        mark(now, kept?.guess ?? -1, false);
      }
      if (!kept) return;
      now.classList.add('is-answered');
      keep((all) => { all.answers[stop] = kept; });
      done();
    });

    element.addEventListener('click', ({ target }) => {
      const button = target.closest('button'), now = target.closest('.tour-page');
      if (!button) return;
      if (button.dataset.go) show(button.dataset.go, true);
      else if (button.matches('.tour-choice')) ask(now.dataset.page, Number(button.dataset.guess));
      else if (button.matches('.tour-measure')) ask(now.dataset.page, Number(now.querySelector('.tour-scale input').value));
      else if (button.matches('.tour-again')) again(now);
      else if (button.matches('.tour-check')) check(now);
      else if (button.matches('.tour-print')) window.print();
      else if (button.matches('.tour-forget')) forget();
    });
    for (const name of ['pointerdown', 'focusin']) {  // before the link is followed, with the run that is in view then
      element.addEventListener(name, ({ target }) => { if (target.closest('.tour-try a')) aim(target.closest('.tour-page')); });
    }
    element.addEventListener('input', ({ target }) => {
      if (target.matches('.tour-scale input')) tell(target);
      if (target.matches('.tour-statements input')) tickable(target.closest('.tour-page'));
      if (target.matches('.tour-own textarea')) keep((all) => { all.own[target.closest('.tour-page').dataset.page] = target.value; });
    });

    /** Open the question anew: another run may be in view by now. */
    function again(now) {
      asked.delete(now.dataset.page);
      now.querySelector('.tour-found').replaceChildren();
      now.classList.remove('is-answered');
      mark(now, -1, false);
      now.querySelector('.tour-choice, .tour-scale input').focus();
    }

    /** Statements are judged once one of them is ticked. */
    function tickable(now) {
      now.querySelector('.tour-check').disabled = !now.querySelector('.tour-statements input:checked');
    }

    function check(now) {
      const boxes = [...now.querySelectorAll('.tour-statements input')];
      keep((all) => { all.picks[now.dataset.page] = boxes.filter((box) => box.checked).map((box) => Number(box.value)); });
      drawReview(now);
      done();
      now.querySelector('.tour-answer').scrollIntoView({ block: 'nearest' });
    }

    /** A review: own words, and once it was checked, what is true and why, and what the reader measured. */
    function drawReview(now) {
      const { own, picks, answers } = progress(), chosen = picks[now.dataset.page];
      now.querySelector('textarea').value = own[now.dataset.page] ?? '';
      if (!chosen) { tickable(now); return; }
      let right = 0;
      const rows = [...now.querySelectorAll('.tour-statements li')];
      for (const row of rows) {
        const box = row.querySelector('input'), why = row.querySelector('p');
        box.checked = chosen.includes(Number(box.value));
        const is = box.dataset.true === 'true', good = box.checked === is;
        right += good;
        row.classList.toggle('is-right', good);
        row.classList.toggle('is-wrong', !good);
        why.dataset.mark ??= why.textContent;
        why.textContent = `${is ? words.true : words.false} ${why.dataset.mark}`;
        why.hidden = false;
      }
      now.querySelector('.tour-score').textContent = fill(words.score, { right, all: rows.length });
      const saw = now.querySelector('.tour-saw');
      saw.querySelectorAll('p').forEach((line) => line.remove());
      for (const id of saw.dataset.stops.split(' ')) {
        const line = document.createElement('p'), go = document.createElement('button');
        Object.assign(go, { type: 'button', className: 'tour-link', textContent: page(id).querySelector('h2').textContent });
        go.dataset.go = id;
        line.append(go, ` ${answers[id]?.take ?? words.unseen}`);
        saw.append(line);
      }
      now.querySelector('.tour-answer').hidden = false;
    }

    /** All that was measured, as a page to print. */
    function drawSummary() {
      const { answers, own, picks } = progress(), list = page('summary').querySelector('.tour-list');
      list.replaceChildren();
      for (const id of ids) {
        const found = answers[id];
        if (found) list.append(card(found.title, found.picture, [fill(words.guess, found), found.take]));
        else if (own[id] || picks[id]) {
          const now = page(id);
          list.append(card(now.querySelector('h3').textContent, '', [own[id] ?? '', picks[id] ? now.querySelector('.tour-answer > p:nth-of-type(2)').textContent : '']));
        }
      }
      page('summary').querySelector('.tour-none').hidden = list.children.length > 0;
    }

    function card(title, picture, lines) {
      const block = document.createElement('section'), head = document.createElement('h3');
      head.textContent = title;
      block.append(head);
      if (picture.startsWith('data:image/')) block.prepend(Object.assign(document.createElement('img'), { src: picture, alt: '' }));
      for (const line of lines.filter(Boolean)) block.append(Object.assign(document.createElement('p'), { textContent: line }));
      return block;
    }

    function forget() {
      try {
        localStorage.removeItem(KEY);
      } catch { /* nothing was kept */ }
      location.reload();
    }

    const number = Number(new URLSearchParams(location.search).get('stop'));
    const first = ids[number - 1] ?? ids[0];
    done();
    show(first, false);
  }

  /** A page that was opened from the tour: what to do there, where, and the way back. */
  function arrive() {
    const asked = new URLSearchParams(location.search), there = progress().there[asked.get('stop')];
    if (asked.get('from') !== 'tour') return;
    driftscope.link({ from: null });
    if (!there) return;
    const bar = Object.assign(document.createElement('div'), { className: 'tour-bar' });
    const back = Object.assign(document.createElement('button'), { type: 'button', textContent: there.back });
    bar.setAttribute('role', 'region');
    bar.setAttribute('aria-label', there.from);
    bar.append(Object.assign(document.createElement('span'), { textContent: there.words }), back);
    document.body.append(bar);
    back.addEventListener('click', () => driftscope.openTab('tour'));
    document.addEventListener('click', ({ target }) => { if (target.closest('[data-tab-id=tour]')) bar.remove(); });
    point(there.panel);
  }

  /** Take the reader to a panel, once it is there. */
  function point(selector) {
    const end = Date.now() + 30000;
    const look = setInterval(() => {
      const panel = document.querySelector(selector);
      if (Date.now() > end) clearInterval(look);
      if (!panel?.offsetHeight) return;
      clearInterval(look);
      panel.classList.add('tour-here');
      panel.scrollIntoView({ block: 'center' });
      setTimeout(() => panel.classList.remove('tour-here'), 8000);
    }, 200);
  }

  if (document.body) arrive();
  else document.addEventListener('DOMContentLoaded', arrive);

  window.driftscope = Object.assign(window.driftscope ?? {}, { tour });
})();
