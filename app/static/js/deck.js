// Filters a deck's cards while the reader types, and opens or closes all answers in place. Without it the form and the
// links do the same by loading a page.
const form = document.querySelector("form.filters");
const cards = document.querySelector("#cards");
const toggle = document.querySelector("a[data-other]");
let asked = 0;
let timer = 0;

function unfold(open) {
  for (const answer of cards.querySelectorAll("details")) answer.open = open;
}

async function filter() {
  const mine = ++asked;
  const values = [...new FormData(form)].filter(([, value]) => value !== "");
  const query = new URLSearchParams(values).toString();
  const address = query ? `${form.action}?${query}` : form.action;
  const answer = await fetch(address, { headers: { "X-Fragment": "cards" } }).catch(() => null);
  if (mine !== asked) return;
  if (!answer?.ok || answer.redirected) return form.submit();
  const html = await answer.text();
  if (mine !== asked) return;
  cards.innerHTML = html;
  if (toggle?.dataset.open === "no") unfold(true);
  history.replaceState(null, "", address);
}

form?.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(filter, 200);
});
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(timer);
  filter();
});

toggle?.addEventListener("click", (event) => {
  event.preventDefault();
  const open = toggle.dataset.open === "yes";
  unfold(open);
  [toggle.textContent, toggle.dataset.other] = [toggle.dataset.other, toggle.textContent];
  toggle.dataset.open = open ? "no" : "yes";
});
