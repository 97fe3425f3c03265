// Shows how far an import has come. Without it the page reloads every few seconds.
const EVERY_MS = 1000;
const state = document.getElementById("state");

async function look() {
  const answer = await fetch(location.href, { headers: { "X-Fragment": "state" } }).catch(() => null);
  if (answer?.redirected || answer?.status === 404) return location.reload();
  if (answer?.ok) {
    const html = await answer.text();
    if (!html.includes("<progress")) return location.reload();
    const fresh = document.createRange().createContextualFragment(html);
    for (const part of ["progress", ".num"]) state.querySelector(part).replaceWith(fresh.querySelector(part));
  }
  setTimeout(look, EVERY_MS);
}
setTimeout(look, EVERY_MS);
