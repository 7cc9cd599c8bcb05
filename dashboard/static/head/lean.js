/* Gradio's page wraps all that it was told of its events and layout into proxies, item by item, and asks them hundreds of
   thousands of times while it opens. They never change: as objects of a class of their own they are left as they are.
   And from when an event has ended once, every status of any event is handed to all its inputs as well, each looked up
   in a tree of hundreds; none shows one, so an event does not answer to having them. */
(() => {
  class Item {}
  class List extends Array {}
  class Inputs extends Array {
    includes() { return false; }
  }
  const lean = (value) => {
    if (value === null || typeof value !== 'object') return;
    Object.values(value).forEach(lean);
    Object.setPrototypeOf(value, (Array.isArray(value) ? List : Item).prototype);
  };
  const { dependencies = [], layout = {} } = window.gradio_config ?? {};
  lean(dependencies);
  lean(layout);
  for (const { inputs } of dependencies) Object.setPrototypeOf(inputs, Inputs.prototype);
})();
