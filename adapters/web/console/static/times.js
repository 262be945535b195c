// Times in the reader's zone, with the exact one on hover. Without script they are in UTC, as
// the server writes them. The page about past moments stays in UTC: people type times there.
'use strict';

const zoneName = (style) => new Intl.DateTimeFormat('en-US', { timeZoneName: style })
  .formatToParts(new Date()).find((part) => part.type === 'timeZoneName').value;

// localTime writes a time as the server does: today the time of day, this year the day, else
// the year too.
function localTime(at, { day: onlyDay, hour }) {
  const now = new Date();
  const format = (options) => new Intl.DateTimeFormat('en-US', options).format(at);
  if (hour !== undefined) return format({ hour: 'numeric' });
  if (onlyDay !== undefined) return format({ month: 'short', day: 'numeric', year: 'numeric' });
  if (at.toDateString() === now.toDateString()) return format({ hour: 'numeric', minute: '2-digit', second: '2-digit' });
  const day = { month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' };
  return format(at.getFullYear() === now.getFullYear() ? day : { ...day, year: 'numeric' });
}

// besideUTC adds the reader's time to one that stays in UTC.
function besideUTC(time) {
  const at = new Date(time.dateTime);
  if (Number.isNaN(at.getTime()) || zoneName('short') === 'UTC') return;
  const local = new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeStyle: 'long' }).format(at);
  time.append(Object.assign(document.createElement('small'), { textContent: local }));
  time.removeAttribute('data-exact');
}

// localLabel writes the hours of a chart's label, all of the last day, in the reader's zone.
function localLabel(label) {
  return label.replace(/(\d{1,2})(?::(\d\d))? ([AP])M UTC/g, (_, hour, minute, half) => {
    const at = new Date();
    at.setUTCHours(hour % 12 + (half === 'P' ? 12 : 0), minute ?? 0, 0, 0);
    return new Intl.DateTimeFormat('en-US', { hour: 'numeric', minute: minute && '2-digit' }).format(at);
  });
}

function localize(root) {
  if (document.querySelector('[data-past]')) return;
  for (const chart of root.querySelectorAll('svg[aria-label]')) chart.setAttribute('aria-label', localLabel(chart.getAttribute('aria-label')));
  for (const time of root.querySelectorAll('time[data-exact]')) besideUTC(time);
  for (const time of root.querySelectorAll('time[datetime]:not([data-utc])')) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.textContent = localTime(at, time.dataset);
    time.title = `${new Intl.DateTimeFormat('en-US', { dateStyle: 'full', timeStyle: 'long' }).format(at)} (${time.dateTime})`;
  }
  for (const words of root.querySelectorAll('.head p')) {
    for (const node of words.childNodes) {
      if (node.nodeType === Node.TEXT_NODE && node.data.includes('Times in UTC')) {
        node.data = node.data.replace('Times in UTC', `Times in your zone, ${zoneName('short')}`);
      }
    }
  }
}

localize(document);
