// Tells the holder of a phone that the number was called: title and vibration.
// The page itself shows and announces it.

let call = null;

export function notify(root) {
  const ticket = root.querySelector('[data-stage]');
  if (!ticket) return;
  document.title = ticket.dataset.title;
  const now = ticket.dataset.stage === 'called' ? ticket.dataset.call : '';
  if (now && call !== now && navigator.vibrate) navigator.vibrate([400, 200, 400, 200, 400]);
  call = now;
}
