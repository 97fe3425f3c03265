// Says how many questions are ticked, and lets Shift tick all between two. Without it they are ticked one by one.
const form = document.getElementById("bulk");
const every = form?.elements.all;
const told = form?.querySelector("output");
const picks = [...document.querySelectorAll('input[form="bulk"]')];
let last = -1;

function tell() {
  const count = every.checked ? told.dataset.all : picks.filter((pick) => pick.checked).length;
  told.textContent = Number(count) ? told.dataset.said.replace("#", count) : "";
}

for (const [place, pick] of picks.entries()) {
  pick.addEventListener("click", (event) => {
    const [from, to] = [last, place].sort((a, b) => a - b);
    if (event.shiftKey && from >= 0) for (const one of picks.slice(from, to)) one.checked = pick.checked;
    last = place;
    tell();
  });
}
every?.addEventListener("change", tell);
if (form) addEventListener("pageshow", tell);
