/* The pictures of a rail alone, as large as the screen, each of their pixels a square, with the rail below them. */
(() => {
  const element = (tag, look, inside = []) => {
    const made = Object.assign(document.createElement(tag), look);
    made.append(...inside);
    return made;
  };

  /** Sides of n squares that fill a place best, in pixels; below each stands a line of text where there are several. */
  function side(n, width, height, line) {
    const sides = Array.from({ length: n }, (_, i) => Math.min(width / (i + 1), height / Math.ceil(n / (i + 1)) - line));
    return Math.max(...sides);
  }

  /** Open it, or close it. */
  function full(name) {
    const open = document.querySelector('.ds-full');
    const shots = driftscope.shots(name);
    if (open || !shots.length) { open?.close(); return; }
    const figures = shots.map(({ alt, dataset }) => {
      const image = element('img', { alt });
      image.dataset.frame = dataset.frame;
      return element('figure', {}, [image, ...(shots.length > 1 && alt ? [element('figcaption', { textContent: alt })] : [])]);
    });
    const stage = element('div', { className: 'ds-full-stage' }, figures);
    const told = element('p', { className: 'ds-quiet' });
    const bar = element('div', {}, [document.querySelector('.ds-rail').cloneNode(true)]);
    const close = element('button', { type: 'button', className: 'ds-full-close', ariaLabel: 'Close', textContent: '×' });
    const dialog = element('dialog', { className: 'ds-full', ariaLabel: 'Pictures, full screen' }, [stage, told, bar, close]);
    const images = figures.map((one) => one.firstChild);

    /** Whole times as large in the screen's own pixels, so that all of the picture's are the same size. */
    const fit = () => {
      const most = side(images.length, stage.clientWidth, stage.clientHeight, images.length > 1 ? 26 : 0) - 12;
      for (const image of images) {
        const { naturalWidth: width, naturalHeight: height } = image, room = devicePixelRatio * most / Math.max(width, height);
        const times = room > 1 ? Math.floor(room) : room;
        image.style.width = `${width * times / devicePixelRatio}px`;
        if (width > 1) told.textContent = `${width} × ${height} pixels${times > 1 ? `, each ${times} × ${times} on the screen` : ''}`;
      }
    };
    const end = new AbortController(), until = { signal: end.signal };
    for (const image of images) image.addEventListener('load', fit);
    window.addEventListener('resize', fit, until);
    let filled = false;  // what is heard of the screen before may be the end of the last dialog's
    document.addEventListener('fullscreenchange', () => {
      if (filled && !document.fullscreenElement) dialog.close();
      filled = Boolean(document.fullscreenElement);
    }, until);
    close.addEventListener('click', () => dialog.close());
    dialog.addEventListener('close', () => {
      end.abort();
      if (document.fullscreenElement) document.exitFullscreen();
      dialog.remove();
    });
    document.querySelector('.gradio-container .contain, body.gradio-container').append(dialog);  // where the page's styles hold
    driftscope.follow(name, stage);
    driftscope.controls(name, bar);
    dialog.showModal();
    fit();
    document.documentElement.requestFullscreen?.().catch(() => {});  // a phone or a frame may not allow it: the window is filled
  }

  window.driftscope = Object.assign(window.driftscope ?? {}, { full });
})();
