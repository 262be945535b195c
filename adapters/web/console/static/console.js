// What script adds to the pages: dialogs, the drawer of one sync, copy buttons, and the bar of
// an unsaved form. Times are those of times.js, and live.js follows what changes.
'use strict';

const parser = new DOMParser();

async function fetchPage(address, also = []) {
  const answer = await fetch(address, { headers: { Accept: 'text/html' } });
  if (!answer.ok && !also.includes(answer.status)) throw new Error(`page answered ${answer.status}`);
  return parser.parseFromString(await answer.text(), 'text/html');
}

function showCopyButtons(root) {
  for (const button of root.querySelectorAll('[data-copy][hidden]')) button.hidden = false;
}

async function copy(button) {
  await navigator.clipboard.writeText(button.dataset.copy);
  say('Copied');
}

function say(words) {
  document.getElementById('said').textContent = words;
}

// openDrawer shows one sync beside the list; without script the link is a page.
async function openDrawer(link) {
  const detail = (await fetchPage(link.href)).querySelector('[data-detail]');
  if (!detail) throw new Error('page has no detail');
  const drawer = document.createElement('dialog');
  drawer.className = 'drawer';
  drawer.setAttribute('aria-labelledby', 'sync-title');
  drawer.dataset.href = link.href;
  localize(detail);
  drawer.append(...document.adoptNode(detail).children);
  drawer.querySelector('header').append(closeButton());
  drawer.addEventListener('close', () => { drawer.remove(); link.focus(); });
  showCopyButtons(drawer);
  document.querySelector('main').append(drawer);
  drawer.showModal();
}

function closeButton() {
  const button = document.createElement('button');
  button.className = 'ib';
  button.type = 'button';
  button.dataset.close = '';
  button.setAttribute('aria-label', 'Close');
  button.innerHTML = '<svg class="i" aria-hidden="true"><use href="#i-x"/></svg>';
  return button;
}

for (const button of document.querySelectorAll('[data-print][hidden]')) button.hidden = false;

document.addEventListener('click', (event) => {
  const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
  const at = (selector) => event.target.closest(selector);
  const opener = at('[data-open]');
  if (at('[data-print]')) {
    print();
  } else if (opener && plain) {
    event.preventDefault();
    document.getElementById(opener.dataset.open).showModal();
  } else if (at('[data-drawer]') && plain) {
    event.preventDefault();
    const link = at('[data-drawer]');
    openDrawer(link).catch(() => { location.href = link.href; });
  } else if (at('[data-copy]')) {
    copy(at('[data-copy]')).catch(() => say('The browser did not allow copying'));
  } else if (event.target.matches('dialog') || at('[data-close]')) {
    at('dialog').close();
  }
});

// A form is sent once, however often its button is clicked. Who stopped the browser, or came back
// by its history, may send it again.
const sendsAgain = 10000;

function sentOnce(event) {
  const form = event.target;
  if (event.defaultPrevented || (event.submitter?.getAttribute('formmethod') || form.method) !== 'post') return;
  if (form.dataset.sent !== undefined) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = '';
  setTimeout(() => delete form.dataset.sent, sendsAgain);
}

document.addEventListener('submit', sentOnce);
addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[data-sent]')) delete form.dataset.sent;
});

// The firm's menu closes by a click beside it and by Esc, as menus do.
function closeMenus(beside) {
  for (const menu of document.querySelectorAll('details.menu[open]')) {
    if (beside && menu.contains(beside)) continue;
    const inside = menu.contains(document.activeElement);
    menu.open = false;
    if (inside) menu.querySelector('summary').focus();
  }
}

document.addEventListener('click', (event) => closeMenus(event.target));
document.addEventListener('keydown', (event) => { if (event.key === 'Escape') closeMenus(); });

// The bar of the settings form shows while something is not saved, and says what.
function watchForm(form) {
  const bar = form.querySelector('.save');
  const words = bar.querySelector('[data-changes]');
  const unchanged = words.textContent;
  const fields = [...form.querySelectorAll('[data-short]')];
  const shown = (value) => value === true ? 'on' : value === false ? 'off' : value || 'none';
  const chosen = (f, which) => [...f.options].find(which)?.text;
  const stored = (f) => f.options ? chosen(f, (o) => o.defaultSelected) : f.type === 'checkbox' ? f.defaultChecked : f.defaultValue;
  const typed = (f) => f.options ? chosen(f, (o) => o.selected) : f.type === 'checkbox' ? f.checked : f.value;
  const update = () => {
    const changed = fields.filter((f) => stored(f) !== typed(f));
    bar.hidden = changed.length === 0 && form.dataset.unsaved === undefined;
    words.replaceChildren(...changed.flatMap((f) => change(f.dataset.short, shown(stored(f)), shown(typed(f)))));
    if (changed.length === 0) words.textContent = unchanged;
  };
  form.addEventListener('input', update);
  form.addEventListener('reset', () => setTimeout(update));
  update();
}

// change shows a value before and after.
function change(what, before, after) {
  const parts = ['del', 'ins'].map((name) => document.createElement(name));
  parts[0].textContent = before;
  parts[1].textContent = after;
  return [`${what} `, parts[0], ' ', parts[1], ' '];
}

// Only the roles of the chosen matter type are offered.
function watchRoles(types) {
  const roles = document.getElementById(types.dataset.rolesIn);
  const update = () => {
    const offered = (types.selectedOptions[0]?.dataset.roles || '').split('\n');
    for (const role of roles.options) role.hidden = role.disabled = role.value !== '' && !offered.includes(role.value);
    if (roles.selectedOptions[0]?.disabled) roles.value = '';
  };
  types.addEventListener('change', update);
  update();
}

// Whenever the form changes, it asks again what the mapping would change, and drops the
// answers to earlier questions: until the newest answer is there, none is shown.
function watchTries(form) {
  const panel = document.getElementById(form.dataset.tries);
  let asked = 0;
  const instead = (words) => {
    const line = document.createElement('p');
    line.className = 's sub';
    line.textContent = words;
    panel.replaceChildren(panel.querySelector('h2'), line);
    panel.removeAttribute('aria-busy');
  };
  const ask = async (mine) => {
    const query = new URLSearchParams(new FormData(form));
    query.set('try', 'save');
    const fresh = (await fetchPage(`${form.action}?${query}`, [422, 409])).getElementById(panel.id);
    if (mine === asked && fresh) panel.replaceChildren(...document.adoptNode(fresh).childNodes);
  };
  form.addEventListener('change', async () => {
    const mine = ++asked;
    if (!form.checkValidity()) return instead('Complete the form to see what would change.');
    instead('The page is asking what would change…');
    panel.setAttribute('aria-busy', 'true');
    await ask(mine).catch(() => { if (mine === asked) instead('What would change can’t be shown now. Change the form again to retry.'); });
    if (mine === asked) panel.removeAttribute('aria-busy');
  });
}

// The slider of a past moment shows the time while it moves, and loads the moment when it
// rests. Without script the list of events leads to the same moments.
const settles = 250;

function watchPast(slide) {
  const range = slide.querySelector('input[type=range]');
  const from = Date.parse(slide.dataset.from);
  const words = new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });
  let wait;
  slide.hidden = false;
  range.addEventListener('input', () => {
    const at = new Date(from + Number(range.value) * 60000);
    document.getElementById('o').textContent = words.format(at);
    range.setAttribute('aria-valuetext', words.format(at));
    clearTimeout(wait);
    wait = setTimeout(() => showPast(slide.dataset.path, range, at), settles);
  });
}

async function showPast(path, range, at) {
  const address = Number(range.value) === Number(range.max) ? path : `${path}?as_of=${at.toISOString()}`;
  try {
    const fresh = await fetchPage(address);
    for (const part of ['o', 'pv', 'nx', 'as_of', 'then']) document.getElementById(part).replaceWith(document.adoptNode(fresh.getElementById(part)));
    history.replaceState(null, '', address);
  } catch {
    location.href = address;
  }
}

showCopyButtons(document);
for (const slide of document.querySelectorAll('[data-past]')) watchPast(slide);
const form = document.getElementById('settings');
if (form) watchForm(form);
for (const types of document.querySelectorAll('[data-roles-in]')) watchRoles(types);
for (const tried of document.querySelectorAll('[data-tries]')) watchTries(tried);
