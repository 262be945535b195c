// A long choice becomes a field that is searched while one types: an ARIA combobox over the
// select, which keeps the value and is all there is without script.
'use strict';

function typeAhead(select) {
  const input = document.createElement('input');
  const list = document.createElement('ul');
  const box = document.createElement('div');
  box.className = 'combo';
  Object.assign(input, { id: `${select.id}-find`, type: 'text', autocomplete: 'off', required: select.required, placeholder: select.options[0].text, value: select.value ? select.selectedOptions[0].text : '' });
  Object.assign(list, { id: `${select.id}-list`, hidden: true });
  const attributes = { role: 'combobox', 'aria-expanded': 'false', 'aria-autocomplete': 'list', 'aria-controls': list.id };
  for (const name of ['aria-describedby', 'aria-invalid']) if (select.hasAttribute(name)) attributes[name] = select.getAttribute(name);
  for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', select.labels[0].textContent);
  list.append(...[...select.options].filter((o) => o.value).map((o) => choice(o, select.id)));
  select.labels[0].htmlFor = input.id;
  select.required = false;
  const focused = document.activeElement === select || select.autofocus;
  select.hidden = true;
  select.before(box);
  box.append(input, list);
  listenTo(select, input, list);
  if (focused) input.focus();
}

// choice is an option of the list, with the group in which it stands.
function choice(option, id) {
  const item = document.createElement('li');
  const group = document.createElement('small');
  group.textContent = option.parentElement.label || '';
  item.id = `${id}-o${option.index}`;
  item.setAttribute('role', 'option');
  item.setAttribute('aria-selected', 'false');
  item.dataset.value = option.value;
  item.dataset.text = option.text;
  item.append(option.text, group);
  return item;
}

function listenTo(select, input, list) {
  const shown = () => [...list.children].filter((item) => !item.hidden);
  const mark = (item) => {
    for (const other of list.children) other.setAttribute('aria-selected', String(other === item));
    if (item) { input.setAttribute('aria-activedescendant', item.id); item.scrollIntoView({ block: 'nearest' }); } else input.removeAttribute('aria-activedescendant');
  };
  const open = (on) => { list.hidden = !on; input.setAttribute('aria-expanded', String(on)); if (!on) mark(null); };
  const filter = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const item of list.children) item.hidden = !words.every((word) => item.textContent.toLowerCase().includes(word));
    open(shown().length > 0);
  };
  const set = (value, text) => {
    input.value = text;
    input.setCustomValidity('');
    if (select.value !== value) { select.value = value; select.dispatchEvent(new Event('change', { bubbles: true })); }
    open(false);
  };
  select.addEventListener('change', () => {
    input.value = select.value ? select.selectedOptions[0].text : '';
    input.setCustomValidity('');
  });
  input.addEventListener('input', () => { select.value = ''; input.setCustomValidity(input.value ? 'Choose one of the list.' : ''); filter(); say(`${shown().length} found`); });
  input.addEventListener('click', () => { for (const item of list.children) item.hidden = false; open(true); });
  input.addEventListener('blur', () => {
    const exact = [...select.options].find((o) => o.value && o.text.toLowerCase() === input.value.trim().toLowerCase());
    if (exact && !select.value) set(exact.value, exact.text);
    open(false);
  });
  input.addEventListener('keydown', (event) => {
    const items = shown();
    const at = items.findIndex((item) => item.getAttribute('aria-selected') === 'true');
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (list.hidden) { filter(); return; }
      mark(items[(at + (event.key === 'ArrowDown' ? 1 : items.length - (at < 0 ? 0 : 1))) % items.length]);
    } else if (event.key === 'Enter' && !list.hidden) {
      event.preventDefault();
      if (items[at]) set(items[at].dataset.value, items[at].dataset.text);
    } else if (event.key === 'Escape' && !list.hidden) {
      event.preventDefault();
      open(false);
    }
  });
  list.addEventListener('mousedown', (event) => {
    event.preventDefault(); // the field keeps the focus
    const item = event.target.closest('li');
    if (item) set(item.dataset.value, item.dataset.text);
  });
}

for (const select of document.querySelectorAll('select[data-find]')) typeAhead(select);
