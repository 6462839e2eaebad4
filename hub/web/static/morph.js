// Makes the children of one node like those of another, changing as little as
// possible. Elements with data-key are recognised wherever they move to.

const keyOf = (n) => (n.nodeType === Node.ELEMENT_NODE ? n.dataset.key : undefined);

const alike = (a, b) => a && a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b);

function attributes(from, to) {
  for (const { name } of [...from.attributes]) {
    if (name === 'hidden' || (name === 'open' && from.nodeName === 'DETAILS')) continue; // the page's own
    if (!to.hasAttribute(name)) from.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) {
    if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  }
}

export function morph(parent, wanted) {
  const keyed = new Map();
  for (const c of parent.children) if (keyOf(c)) keyed.set(keyOf(c), c);
  let at = parent.firstChild;
  for (const next of [...wanted.childNodes]) {
    const moved = keyOf(next) && keyed.get(keyOf(next));
    const match = alike(moved, next) ? moved : alike(at, next) ? at : null;
    if (!match) {
      parent.insertBefore(document.importNode(next, true), at);
      continue;
    }
    if (match === at) at = at.nextSibling;
    else parent.insertBefore(match, at);
    if (match.nodeType === Node.ELEMENT_NODE) {
      attributes(match, next);
      morph(match, next);
    } else if (match.nodeValue !== next.nodeValue) {
      match.nodeValue = next.nodeValue;
    }
  }
  while (at) {
    const rest = at.nextSibling;
    at.remove();
    at = rest;
  }
}
