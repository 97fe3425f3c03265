// Studying without page loads: reveal at once, send a grade and show the next card it brings, keys.
// Every form works without this; whatever cannot be done here is left to the form itself.
const SLOW_MS = 15000;
const keys = "keys" in document.body.dataset;
const find = (selector) => document.querySelector(selector);
let shownAt = performance.now();
let busy = false;

function focusOn(element) {
  if (!element) return;
  element.focus({ preventScroll: true });
  const box = element.getBoundingClientRect();
  if (box.top > window.innerHeight * 0.6 || box.top < 0) element.scrollIntoView({ block: "start" });
}

function chosen() {
  return [...document.querySelectorAll("[name=choice]:checked")].map((input) => input.value);
}

function sayChoice(answer, picked) {
  const head = answer.querySelector("[data-wrong]");
  if (!head || !picked.length) return true;
  let right = true;
  for (const option of answer.querySelectorAll("[data-key]")) {
    const ticked = picked.includes(option.dataset.key);
    right &&= ticked === "fits" in option.dataset;
    if (ticked) option.querySelector("[data-picked]")?.removeAttribute("hidden");
  }
  const list = new Intl.ListFormat(document.documentElement.lang).format(picked);
  head.textContent = (right ? head.dataset.right : head.dataset.wrong).replace("*", list);
  return right;
}

function reveal() {
  const form = find("#reveal");
  const part = find("#answered")?.content.cloneNode(true);
  if (!form || !part) return;
  const answer = part.querySelector("#answer");
  const grades = part.querySelector("#grade");
  const typed = form.elements.a?.value.trim();
  if (typed) {
    answer.querySelector(".hand").textContent = typed;
    answer.querySelector("[data-wrote]").hidden = false;
  }
  if (!sayChoice(answer, chosen())) {
    grades.querySelector("[data-default]").removeAttribute("data-default");
    grades.querySelector("[value='1']").setAttribute("data-default", "");
  }
  form.replaceWith(answer);
  find(".dock").replaceWith(grades);
  find("#answered").remove();
  focusOn(find("#answer"));
}

// Puts the parts of a fragment in place of the ones shown; false where it holds no question.
function show(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const next = holder.content;
  const session = next.querySelector("header.session");
  if (!session) return false;
  find("#answered")?.remove();
  find("header.session").replaceWith(session);
  find("main").replaceWith(next.querySelector("main"));
  find(".dock").replaceWith(next.querySelector(".dock"));
  const later = next.querySelector("#answered");
  if (later) document.body.append(later);
  const here = new URL(location.href);
  for (const name of ["card", "redo", "show", "a", "choice"]) here.searchParams.delete(name);
  history.replaceState(null, "", here);
  start();
  window.scrollTo(0, 0);
  find("#question").focus({ preventScroll: true });
  return true;
}

function start() {
  shownAt = performance.now();
  find("#a")?.removeAttribute("maxlength"); // what is typed stays in this page, so it may be long
}

function failed(which, form, body) {
  find("main > .notice.error")?.remove();
  const notice = find(which).content.cloneNode(true);
  notice.querySelector("[data-retry]").addEventListener("click", () => send(form, body));
  find("main").prepend(notice);
  find("[data-retry]").focus();
}

// The body is made once and sent again as it is: the key in it has the portal count it once.
async function send(form, body) {
  if (busy) return;
  busy = true;
  document.body.setAttribute("aria-busy", "true");
  try {
    const signal = AbortSignal.timeout(SLOW_MS);
    const response = await fetch(form.action, { method: "POST", body, headers: { "X-Fragment": "session" }, signal });
    const html = await response.text();
    if (response.status >= 500) failed("#failed", form, body);
    else if (response.redirected) failed("#signed-out", form, body);
    else if (response.status === 204) location.assign(response.headers.get("Location"));
    else if (!show(html)) submitPlainly(form, body);
  } catch {
    failed("#failed", form, body);
  } finally {
    busy = false;
    document.body.removeAttribute("aria-busy");
  }
}

// The portal said something that needs a page of its own: an expired form, a card that is gone.
function submitPlainly(form, body) {
  const plain = document.createElement("form");
  plain.method = "post";
  plain.action = form.action;
  for (const [name, value] of body) {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = value;
    plain.append(input);
  }
  document.body.append(plain);
  plain.submit();
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!find("header.session") || event.defaultPrevented) return;
  if (form.id === "reveal") {
    event.preventDefault();
    reveal();
  } else if (["grade", "undo", "redo"].includes(form.id)) {
    event.preventDefault();
    if (form.id === "grade") form.elements.elapsed.value = Math.round(performance.now() - shownAt);
    send(form, new URLSearchParams(new FormData(form, event.submitter)));
  }
});

// The second click of a double click must not reach what the first one brought.
document.addEventListener("click", (event) => {
  if (event.detail > 1 && event.target.closest(".dock, .session")) event.preventDefault();
  const link = event.target.closest("[data-keys-list]");
  if (link && find("#keys-list")) {
    event.preventDefault();
    link.closest("details").open = false;
    find("#keys-list").showModal();
  }
});

function typing(target) {
  return target.matches("textarea, select, input:not([type=radio], [type=checkbox]), [contenteditable]");
}

function press(selector) {
  const button = find(selector);
  button?.click();
  return Boolean(button);
}

// Ticks the n-th option of a question that is still open.
function tick(n) {
  const option = document.querySelectorAll("#reveal [name=choice]")[n - 1];
  option?.click();
  return Boolean(option);
}

function escape() {
  const menu = find(".menu[open]");
  if (menu) menu.open = false;
  else find("#end")?.click();
  return true;
}

const ACTIONS = {
  u: () => press("[aria-keyshortcuts=u]"),
  r: () => press("[aria-keyshortcuts=r]"),
  e: () => press("[aria-keyshortcuts=e]"),
  "?": () => press("[data-keys-list]"),
  Escape: escape,
  " ": () => press("[aria-keyshortcuts=Space]") || press("[data-default]"),
};
ACTIONS.Enter = ACTIONS[" "];

// Buttons and links do what they do; an option is ticked by Space, unless it is the one that is chosen already.
function actsItself(event) {
  const target = event.target.closest("button, a, summary, input");
  if (!target || !target.matches("input")) return Boolean(target);
  return event.key === " " && !(target.type === "radio" && target.checked);
}

function act(event) {
  if (event.ctrlKey && event.key === "Enter" && event.target.id === "a") return reveal() ?? true;
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || typing(event.target)) return false;
  if ((event.key === " " || event.key === "Enter") && actsItself(event)) return false;
  if (/^[0-9]$/.test(event.key)) return press(`.grade[aria-keyshortcuts="${event.key}"]`) || tick(event.key);
  return ACTIONS[event.key.length === 1 ? event.key.toLowerCase() : event.key]?.() ?? false;
}

if (keys) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || find("dialog[open]")) return;
    if (act(event)) event.preventDefault();
  });
}
if (find("header.session")) start();
