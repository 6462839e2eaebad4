// Turns the pages of lists that are too long for one screen. The hub has marked
// every item with the page on which it stands.

const shown = new Map(); // page by list

export function turnPages(root, forward) {
  root.querySelectorAll('[data-pages]').forEach((list, i) => {
    const items = [...list.children];
    const pages = 1 + Math.max(0, ...items.map((e) => Number(e.dataset.page || 0)));
    const page = ((shown.get(i) || 0) + (forward ? 1 : 0)) % pages;
    shown.set(i, page);
    for (const e of items) e.hidden = Number(e.dataset.page || 0) !== page;
  });
}
