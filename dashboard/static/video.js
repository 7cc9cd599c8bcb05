/* Videos on the page play until somebody stops them; for a visitor who wants less motion they begin still. */
(() => {
  /** The button that stops all videos where they are, or lets them go on. */
  function loop(button) {
    const show = (still) => {
      document.body.classList.toggle('ds-videos-still', still);
      button.textContent = still ? 'Play loop' : 'Pause loop';
    };
    button.addEventListener('click', () => show(!document.body.classList.contains('ds-videos-still')));
    show(matchMedia('(prefers-reduced-motion: reduce)').matches);
  }

  window.driftscope = Object.assign(window.driftscope ?? {}, { loop });
})();
