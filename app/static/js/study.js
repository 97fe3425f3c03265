// Studying without page loads. Every form works without this.
const LIVE = ["#bar", "#left", "#taking"]; // of the session, not of the card
const options = document.body.dataset;
const outbox = []; // what waits for the portal
let next = null; // the page of the next card
let sending = false;
let afterwards = null;
let compared = {};
let since = 0;
let before = 0;
let touch = null;
let typed = 0;

const find = (selector) => document.querySelector(selector);
const hear = (type, act) => document.addEventListener(type, act, { passive: type.startsWith("touch") });
const head = () => find("header.session");
const holdsFocus = (part) => part?.contains(document.activeElement);
const cardOf = (part) => part.querySelector("#mark [name=card]").value;
const hidden = (name, value) => Object.assign(document.createElement("input"), { type: "hidden", name, value });
const focusQuestion = () => find("#question").focus({ preventScroll: true });

// A fragment, or null.
function ask(address, rest) {
  const signal = AbortSignal.timeout(15000);
  return fetch(address, { headers: { "X-Fragment": "session" }, signal, ...rest }).catch(() => null);
}

const say = (words) => (find("#said").textContent = words);
const sayHow = () => say([find("#taking .small")?.textContent, find("#left").dataset.said].join(" "));

// Milliseconds that this card was seen, a minute at most.
function spent() {
  return Math.min(60000, Math.round(before + (document.hidden ? 0 : performance.now() - since)));
}

hear("visibilitychange", () => {
  if (document.hidden) before += performance.now() - since;
  since = performance.now();
});

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
  const quiz = "quiz" in grades.dataset;
  const picked = [...form.querySelectorAll("[name=choice]:checked")].map((input) => input.value);
  const text = form.elements.a?.value.trim();
  const wrote = text && answer.querySelector("[data-wrote]");
  if (wrote) {
    wrote.hidden = false;
    wrote.querySelector(".hand").textContent = text;
  }
  if (!sayChoice(answer, picked) && !quiz) {
    grades.querySelector("[data-default]").removeAttribute("data-default");
    grades.querySelector(".grade[value='1']").setAttribute("data-default", "");
  }
  if (quiz) grades.append(...picked.map((key) => hidden("choice", key)));
  form.replaceWith(answer);
  find(".dock").replaceWith(grades);
  find("#answered").remove();
  answer.focus({ preventScroll: true });
  const { top } = answer.getBoundingClientRect();
  if (top > innerHeight * 0.6 || top < 0) answer.scrollIntoView();
  say(options.shown);
  if (text) showPoints(form, answer, text);
}

async function compare(form, text) {
  if (!text || compared.text === text) return;
  const body = new URLSearchParams({ card: cardOf(document), a: text, csrf_token: form.dataset.token });
  const reply = await ask(form.dataset.compare, { method: "POST", body });
  if (reply?.ok && !reply.redirected) compared = { text, html: await reply.text() };
}

async function showPoints(form, answer, text) {
  if (compared.text !== text) await compare(form, text);
  if (compared.text === text) answer.querySelector("[data-points]").innerHTML = compared.html;
}

hear("input", ({ target }) => {
  clearTimeout(typed);
  if (target.id === "a") typed = setTimeout(() => compare(target.form, target.value.trim()), 250);
});

function parse(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content.querySelector("header.session") ? holder.content : null;
}

// One fetched `ahead` knows nothing of the session.
function show(part, ahead) {
  if (ahead) for (const live of LIVE) part.querySelector(live).replaceWith(find(live));
  const notice = find("main > .notice.error");
  find("#answered")?.remove();
  for (const one of ["header.session", "main", ".dock"]) find(one).replaceWith(part.querySelector(one));
  const later = part.querySelector("#answered");
  if (later) document.body.append(later);
  if (notice) find("main").prepend(notice);
  const { here } = head().dataset;
  if (!location.href.endsWith(here)) history.replaceState(null, "", here);
  scrollTo(0, 0);
  focusQuestion();
  start();
  if (ahead) return;
  sayHow();
  fetchAhead();
}

function start() {
  next = null;
  before = 0;
  since = performance.now();
  find("#a")?.removeAttribute("maxlength"); // it stays in this page, so it may be long
}

async function fetchAhead() {
  const address = head().dataset.ahead;
  const reply = await ask(address);
  if (reply?.status !== 200 || reply.redirected) return;
  const part = parse(await reply.text());
  if (address === head().dataset.ahead && !outbox.length) keep(part);
}

function keep(part) {
  next = part && cardOf(part) !== cardOf(document) ? part : null;
  for (const image of next?.querySelectorAll("img") ?? []) new Image().src = image.src;
}

function acknowledge(part, ok) {
  const held = LIVE.find((live) => holdsFocus(find(live)));
  for (const live of LIVE) find(live).replaceWith(part.querySelector(live).cloneNode(true));
  if (held) (find(`${held} button`) ?? find("#question")).focus();
  const notice = part.querySelector("main > .notice");
  if (notice) find("main").prepend(notice);
  sayHow();
  if (!ok) return fetchAhead();
  keep(part);
  if (next && outbox[0]?.leaves) showNext(outbox[0]); // answered before the card after it was here
}

function showNext(one) {
  one.ahead = true;
  one.body.set("after", cardOf(next));
  show(next, true);
}

function failed(which, one) {
  clearNotice();
  find("main").prepend(find(which).content.cloneNode(true));
  find("[data-retry]").addEventListener("click", drain);
  if (!one.ahead) find("[data-retry]").focus();
}

function clearNotice() {
  const notice = find("main > .notice.error");
  if (holdsFocus(notice)) focusQuestion();
  notice?.remove();
}

// `quick` is what becomes of the card: "on" leaves it like a grade, "stay" keeps it.
function send(form, body) {
  const { quick = "on" } = form.dataset;
  const one = { address: form.action, body, leaves: quick === "on", ahead: quick === "stay" };
  if (one.ahead) {
    closeMenu();
    const here = body.get("card") === cardOf(document);
    for (const part of document.querySelectorAll("[data-flag]")) part.hidden ^= here;
  } else for (const part of one.leaves ? document.querySelectorAll("#reveal, #grade, #mark") : [form]) part.dataset.sent = "";
  outbox.push(one);
  if (next && one.leaves) showNext(one);
  setTimeout(drain); // what is shown comes first
}

// Sends what waits, in order. A body sent twice is counted once, by its key.
async function drain() {
  if (sending) return;
  sending = true;
  while (outbox.length && (await deliver(outbox[0])));
  sending = false;
  if (!outbox.length) afterwards?.();
  afterwards = null;
}

async function deliver(one) {
  const reply = await ask(one.address, { method: "POST", body: one.body, keepalive: true });
  const html = await reply?.text().catch(() => null);
  if (html == null || reply.status >= 500) return failed("#failed", one);
  if (reply.redirected) return failed("#signed-out", one);
  outbox.shift();
  clearNotice();
  if (reply.status !== 200) afterwards = null;
  if (reply.status === 204) return location.assign(reply.headers.get("Location"));
  const part = parse(html);
  if (!part) return submitPlainly(one);
  if (one.ahead) acknowledge(part, reply.ok);
  else show(part);
  return true;
}

// What the portal said needs a page of its own.
function submitPlainly({ address, body }) {
  const form = Object.assign(document.createElement("form"), { method: "post", action: address });
  form.append(...[...body].map(([name, value]) => hidden(name, value)));
  document.body.append(form);
  form.submit();
}

hear("submit", (event) => {
  const form = event.target;
  if (!head() || !(form.matches("#reveal, #grade") || "quick" in form.dataset)) return;
  event.preventDefault();
  if ("sent" in form.dataset) return;
  if (form.id === "reveal") return reveal();
  if (form.id === "grade") form.elements.elapsed.value = spent();
  else if (outbox.length && !form.dataset.quick) return later(event.submitter.dataset.act);
  send(form, new URLSearchParams(new FormData(form, event.submitter)));
});

hear("click", (event) => {
  // The second of two clicks must not reach what the first brought.
  if (event.detail > 1 && event.target.closest(".dock, .session")) event.preventDefault();
  const link = event.target.closest("[data-keys-list], #end");
  if (link?.id === "end" && sending) {
    event.preventDefault();
    afterwards = () => location.assign(link.href);
  } else if (link && link.id !== "end" && find("#keys-list")) {
    event.preventDefault();
    link.closest("details").open = false;
    find("#keys-list").showModal();
  }
});

document.addEventListener("toggle", ({ target }) => target.open && target.querySelector("textarea")?.focus(), true);
window.addEventListener("online", drain);
window.addEventListener("beforeunload", (event) => {
  if (outbox.length && !sending) event.preventDefault();
});

function press(selector) {
  const button = find(selector);
  button?.click();
  return Boolean(button);
}

function closeMenu() {
  const menu = find(".menu[open]");
  if (holdsFocus(menu)) menu.firstChild.focus();
  if (menu) menu.open = false;
  return menu;
}

// Until the portal has all.
const later = (does) => (afterwards = () => press(`[data-act=${does}]`));
const goOn = () => press("[data-show]") || press("[data-default]");
const FIXED = { " ": goOn, Enter: goOn, Escape: () => closeMenu() || press("#end"), "?": () => press("[data-keys-list]") };
const keymap = JSON.parse(options.keymap ?? "{}"); // key -> what it does

// Space ticks an option not chosen yet.
function actsItself({ target, key }) {
  const own = target.closest("button, a, summary, input");
  if (!own?.matches("input")) return own;
  return key === " " && !(own.type === "radio" && own.checked);
}

function act(event) {
  const { key, target } = event;
  if (event.ctrlKey && key === "Enter" && target.id === "a") return reveal() ?? true;
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return false;
  if (target.matches("textarea, select, input:not([type=radio], [type=checkbox])")) return false;
  if ((key === " " || key === "Enter") && actsItself(event)) return false;
  if (FIXED[key]) return FIXED[key]();
  const does = keymap[key.toLowerCase()];
  if (press(`[data-act="${does}"]:not([hidden] *)`)) return true;
  if (does === "undo" && outbox.length) return later(does);
  return /^[1-9]$/.test(key) && press(`#reveal li:nth-child(${key}) [name=choice]`);
}

hear("keydown", (event) => {
  if ("keys" in options && !event.defaultPrevented && !find("dialog[open]") && act(event)) event.preventDefault();
});

// Near the edges that turns back a page.
hear("touchstart", (event) => {
  const { clientX: x, clientY: y } = event.touches[0];
  const free = "swipes" in options && event.touches.length === 1 && x > 24 && x < innerWidth - 24;
  touch = free && !event.target.closest("pre, .scroll, textarea, dialog") ? { x, y, at: event.timeStamp } : null;
});
hear("touchend", (event) => {
  if (!touch || String(getSelection())) return;
  const { clientX, clientY } = event.changedTouches[0];
  const [x, y] = [clientX - touch.x, Math.abs(clientY - touch.y)];
  if (Math.abs(x) < 80 || y > Math.abs(x) / 2 || event.timeStamp - touch.at > 800) return;
  press(`.grade[value="${x > 0 ? 4 : 1}"]`) || goOn();
});

if (head()) {
  start();
  fetchAhead();
}
