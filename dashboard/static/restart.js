/* A server that was started anew knows none of this page's runs: say so, once, at the first answer that shows it. */
(() => {
  const ask = window.fetch;
  let first = null;

  window.fetch = async (...request) => {
    const answer = await ask(...request);
    const start = answer.headers.get('x-driftscope-start');
    if (start && first && start !== first) tell();
    first ??= start;
    return answer;
  };

  function tell() {
    if (document.querySelector('.ds-restarted')) return;
    const bar = document.createElement('div');
    bar.className = 'ds-restarted';
    bar.setAttribute('role', 'alert');
    bar.innerHTML = '<span>The server has restarted, and the runs that this page held are gone. Reload the page to be sure '
      + 'that it matches the server: the run in its address comes back.</span><button type="button">Reload</button>';
    bar.querySelector('button').addEventListener('click', () => location.reload());
    document.body.append(bar);
  }
})();
