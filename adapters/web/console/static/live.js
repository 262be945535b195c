// Pages follow the firm's stream: what changed is fetched again, and said to those who do not
// see it. A page that nobody looks at has no stream: browsers allow a site only a few
// connections, however many tabs it has.
'use strict';

const live = {
  button: document.querySelector('.live'),
  cut: document.getElementById('cut'),
  about: document.body.dataset.about, // the matter that the page is about; none: all of them
  position: document.body.dataset.position,
  source: null,
  tries: 0,
  syncs: new Set(), // that changed since the page was refreshed last
};

// A browser that keeps nothing forgets the pause with the page.
function paused(on) {
  try {
    if (on === true) localStorage.setItem('live', 'paused');
    if (on === false) localStorage.removeItem('live');
    return localStorage.getItem('live') === 'paused';
  } catch {
    return on === undefined ? live.button.dataset.paused !== undefined : on;
  }
}

function showPause(on) {
  live.button.toggleAttribute('data-paused', on);
  live.button.textContent = on ? 'Paused' : 'Live';
  live.button.setAttribute('aria-label', on ? 'Paused. Resume live updates' : 'Live. Pause live updates');
  live.button.title = on ? 'Resume live updates' : 'Pause live updates';
}

// listen opens the stream after what the page shows.
function listen() {
  if (live.source || document.hidden || paused()) return;
  const source = new EventSource(`${document.body.dataset.stream}?last_event_id=${live.position}`);
  live.source = source;
  let first = true;
  source.addEventListener('open', () => {
    live.tries = 0;
    showCut(false);
    if (document.querySelector('main .chip use[href="#i-run"]')) refreshSoon(); // it may have been read before the stream began
  });
  for (const name of ['history', 'matter', 'connection', 'bulk', 'erasure']) {
    source.addEventListener(name, (event) => {
      const known = first && name === 'connection';
      first = false;
      live.position = event.lastEventId;
      const body = JSON.parse(event.data);
      if (known && body.status === document.body.dataset.connection) return; // as the page was made
      if (live.about && body.matter_id && body.matter_id !== live.about) return;
      if (name === 'history') live.syncs.add(body.id);
      refreshSoon();
    });
  }
  source.addEventListener('error', () => { first = false; interrupted(source); });
}

// interrupted shows a note unless the stream is back within a few seconds. A browser tries
// again by itself, but not after an answer that refuses.
function interrupted(source) {
  if (live.source !== source) return;
  clearTimeout(live.late);
  live.late = setTimeout(() => {
    if (live.source === source && source.readyState === EventSource.OPEN) return;
    showCut(!paused() && !document.hidden);
  }, 3000);
  if (source.readyState !== EventSource.CLOSED) return;
  silence();
  clearTimeout(live.again);
  live.again = setTimeout(() => { listen(); refreshSoon(); }, Math.min(5000 * 2 ** live.tries++, 60000));
}

function silence() {
  live.source?.close();
  live.source = null;
}

function showCut(on) {
  if (!on) clearTimeout(live.late);
  if (live.cut.hidden !== on) return;
  live.cut.hidden = !on;
  if (on) say('Live updates are interrupted');
  else refreshSoon();
}

// refreshSoon fetches the page again at once, and while more comes at most twice a second: a
// change is in the page within one.
const restAfterRefresh = 500;

function refreshSoon() {
  if (live.waits) {
    live.missed ||= live.fetching; // what changes while the page is fetched may not be in it
    return;
  }
  const wait = Math.max(0, (live.refreshed ?? -Infinity) + restAfterRefresh - performance.now());
  live.waits = setTimeout(() => {
    live.fetching = true;
    refresh().catch(() => {}).finally(() => {
      live.refreshed = performance.now();
      live.waits = null;
      live.fetching = false;
      if (live.missed) { live.missed = false; refreshSoon(); }
    });
  }, wait);
}

async function refresh() {
  if (document.hidden || paused()) return;
  const changed = [...live.syncs];
  live.syncs.clear();
  const fresh = await fetchPage(location.href);
  if (fresh.body.dataset.stream !== document.body.dataset.stream) {
    showOtherFirm();
    return;
  }
  localize(fresh);
  const before = new Set([...document.querySelectorAll('[data-say]')].map((part) => part.dataset.say));
  for (const part of document.querySelectorAll('[data-part]')) replacePart(part, fresh.getElementById(part.id));
  await refreshDrawer();
  speak(before, changed);
}

// showOtherFirm ends the page's updates: in another tab somebody signed in to another firm.
function showOtherFirm() {
  silence();
  live.cut.querySelector('b').textContent = 'This browser is signed in to another firm now.';
  live.cut.querySelector('.sub').textContent = 'This page is no longer updated. Reload it to see the other firm.';
  showCut(true);
}

// replacePart leaves a part alone while the reader types or decides in it. Who reads on keeps
// the place: what was opened stays open, and what has the focus keeps it.
function replacePart(part, now) {
  if (!now) return;
  keepOpen(part, now);
  if (part.isEqualNode(now)) return;
  const at = document.activeElement;
  if (part.querySelector(':is(input, select, textarea):focus, dialog[open], :active')) {
    (part.querySelector('dialog[open]') ?? at).addEventListener(part.querySelector('dialog[open]') ? 'close' : 'blur', () => refreshSoon(), { once: true });
    if (part.querySelector(':active')) setTimeout(refreshSoon, restAfterRefresh);
    return;
  }
  const place = part.contains(at) ? placeOf(at) : null;
  showCopyButtons(now);
  part.replaceWith(document.adoptNode(now));
  if (place) findPlace(now, place).focus({ preventScroll: true });
}

function keepOpen(part, now) {
  const before = [...part.querySelectorAll('details')];
  for (const [n, details] of [...now.querySelectorAll('details')].entries()) details.open = before[n]?.open ?? false;
}

// placeOf is by what an element is found again in a page that was fetched anew.
function placeOf(element) {
  return JSON.stringify([element.tagName, element.id, element.getAttribute('href'), element.form?.getAttribute('action'), element.dataset.open, plain(element)]);
}

function findPlace(now, place) {
  const found = [...now.querySelectorAll('a, button, summary, [tabindex]')].find((element) => placeOf(element) === place);
  if (found) return found;
  now.tabIndex = -1; // it is gone; the next Tab goes on from here
  return now;
}

// refreshDrawer follows the sync that is open beside a list.
async function refreshDrawer() {
  const drawer = document.querySelector('dialog.drawer[open]');
  if (!drawer || !drawer.dataset.href) return;
  const detail = (await fetchPage(drawer.dataset.href)).querySelector('[data-detail]');
  if (!detail || drawer.querySelector('form:focus-within')) return;
  localize(detail);
  const body = detail.querySelector('.body');
  showCopyButtons(detail);
  drawer.querySelector('.body').replaceWith(document.adoptNode(body));
  const chip = detail.querySelector('header .chip');
  if (chip) drawer.querySelector('header .chip')?.replaceWith(document.adoptNode(chip));
  drawer.querySelector('footer')?.replaceWith(document.adoptNode(detail.querySelector('footer')));
}

// speak says what the page says of itself, else what became of the syncs that changed.
function speak(before, changed) {
  const news = [...document.querySelectorAll('[data-say]')].filter((part) => !before.has(part.dataset.say));
  if (news.length > 0) {
    say(news.map((part) => plain(part)).join(' '));
    return;
  }
  const rows = changed.map((id) => document.querySelector(`main tr a[href="/history/${CSS.escape(id)}"]`)?.closest('tr')).filter(Boolean);
  if (rows.length > 3) say(`${rows.length} syncs changed`);
  else if (rows.length > 0) say(rows.map((row) => `${plain(row.querySelector('a'))}: ${plain(row.querySelector('.chip'))}`).join('. '));
}

const plain = (part) => part.textContent.replace(/\s+/g, ' ').trim();

function startLive() {
  live.button.hidden = false;
  showPause(paused());
  live.button.addEventListener('click', () => {
    const on = !paused();
    paused(on);
    showPause(on);
    if (on) { silence(); showCut(false); } else { listen(); refreshSoon(); }
  });
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) silence();
    else if (!paused()) { listen(); refreshSoon(); }
  });
  addEventListener('pagehide', silence);
  addEventListener('pageshow', (event) => { if (event.persisted && !paused()) { listen(); refreshSoon(); } });
  listen();
}

if (document.querySelector('[data-part]')) startLive();
