/* Gradio's loading screen leaves its clock running when it goes: sixty frames a second for as long as the page is open,
   to count seconds that nobody sees. Clocks of this kind, of which the page shows none, get no frames. */
(() => {
  const CLOCK = /performance\.now\(\)-\S+\/1e3/;
  const frame = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (draw) => (CLOCK.test(String(draw)) ? 0 : frame(draw));
})();
