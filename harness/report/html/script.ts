/** The only script of the pages: filter, theme. Without it everything is still there to be read. */
export const script = `
(function () {
  'use strict';
  var root = document.documentElement;
  var store = { get: function () { try { return localStorage.getItem('rot-hil-theme'); } catch (e) { return null; } }, set: function (v) { try { localStorage.setItem('rot-hil-theme', v); } catch (e) { /* file:// may have none */ } } };
  if (store.get()) root.dataset.theme = store.get();
  var theme = document.getElementById('theme');
  theme.hidden = false;
  theme.addEventListener('click', function () {
    var dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset.theme = dark ? 'light' : 'dark';
    store.set(root.dataset.theme);
  });
  function open() {
    var at = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (at && at.tagName === 'DETAILS') { at.hidden = false; at.open = true; at.scrollIntoView(); }
  }
  addEventListener('hashchange', open);
  open();
  var tools = document.getElementById('tools');
  if (!tools) return;
  tools.hidden = false;
  var search = document.getElementById('search');
  var entries = [].slice.call(document.querySelectorAll('[data-entry]'));
  var words = entries.map(function (entry) { return entry.dataset.entry.toLowerCase(); });
  var wanted = {};
  function show() {
    var text = search.value.trim().toLowerCase();
    var any = Object.keys(wanted).some(function (v) { return wanted[v]; });
    entries.forEach(function (entry, i) { entry.hidden = (any && !wanted[entry.dataset.verdict]) || (text !== '' && words[i].indexOf(text) < 0); });
    document.querySelectorAll('section.suite').forEach(function (suite) { suite.hidden = !suite.querySelector('[data-entry]:not([hidden])'); });
  }
  search.addEventListener('input', show);
  tools.querySelectorAll('[data-only]').forEach(function (button) {
    button.addEventListener('click', function () {
      var on = button.getAttribute('aria-pressed') !== 'true';
      button.setAttribute('aria-pressed', String(on));
      wanted[button.dataset.only] = on;
      show();
    });
  });
  addEventListener('keydown', function (event) {
    if (event.key === '/' && document.activeElement !== search && !event.ctrlKey && !event.metaKey) { event.preventDefault(); search.focus(); }
  });
})();
`;
