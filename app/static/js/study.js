// Studying without page loads. Every form works without this.
const LIVE = ["#bar", "#left", "#taking"]; // of the session
const options = document.body.dataset;
let outbox = []; // what waits
let sending = false;
let leave; // where to go after all
let token; // of who signed in anew
let next; // of the next card
let since, before, touch, typed;

const find = (selector, part = document) => part.querySelector(selector);
const all = (selector, part = document) => part.querySelectorAll(selector);
const hear = (type, act, early) => document.addEventListener(type, act, early);
const head = (part) => find("header.session", part);
const holdsFocus = (part) => part?.contains(document.activeElement);
const cardOf = (part) => find("#mark [name=card]", part).value;
const focusQuestion = () => find("#question").focus({ preventScroll: true });

// A fragment's `html`; `{}` if it is not whole.
const ask = (address, rest) =>
  fetch(address, { headers: { "X-Fragment": "session" }, signal: AbortSignal.timeout(15000), ...rest })
    .then(async (reply) => Object.assign(reply, { html: await reply.text() }))
    .catch(() => ({}));

const say = (words) => (find("#said").textContent = words);
const lost = ({ status }) => /^(undefined|408|429|5)/.test(status);
const sayHow = () => say([find("#taking .small")?.textContent, find("#left").dataset.said].join(" "));

// Milliseconds on this card.
const spent = () => Math.round(before + performance.now() - since);

hear("visibilitychange", () => {
  if (document.hidden) before += performance.now() - since;
  since = performance.now();
});

function sayChoice(answer, picked) {
  const head = find("[data-wrong]", answer);
  if (!head || !picked.length) return true;
  let right = true;
  for (const option of all("[data-key]", answer)) {
    const ticked = picked.includes(option.dataset.key);
    right &&= ticked === "fits" in option.dataset;
    if (ticked) find("[data-picked]", option)?.removeAttribute("hidden");
  }
  const list = new Intl.ListFormat(document.documentElement.lang).format(picked);
  head.textContent = head.dataset[right ? "right" : "wrong"].replace("*", list);
  return right;
}

function reveal() {
  const form = find("#reveal");
  if (!form) return;
  const { content: part } = find("#answered");
  const answer = find("#answer", part);
  const grades = find("#grade", part);
  const { body } = filled(form);
  const picked = body.getAll("choice");
  const text = body.get("a")?.trim();
  if (text) {
    find("[data-wrote]", answer).hidden = false;
    find("[data-wrote] .hand", answer).textContent = text;
    showPoints(form, answer, text);
  }
  if (!sayChoice(answer, picked))
    for (const grade of all(".grade[data-default], .grade[value='1']", grades)) grade.toggleAttribute("data-default");
  for (const choice of all("[name=choice]", grades)) choice.disabled = !picked.includes(choice.value);
  if (`${body}`.length > 1500) body.delete("a"); // an address is short
  find("[name=next]", answer).value = `${form.getAttribute("action")}?${body}`;
  form.replaceWith(answer);
  find(".dock").replaceWith(grades);
  find("#answered").remove();
  answer.focus({ preventScroll: true });
  const { top } = answer.getBoundingClientRect();
  if (top > innerHeight * 0.6 || top < 0) answer.scrollIntoView();
  say(options.shown);
}

async function compare(form, text) {
  if (!text || form.wrote === text) return;
  const body = new URLSearchParams({ card: form.elements.card.value, a: text, csrf_token: token ?? form.dataset.token });
  const reply = await ask(form.dataset.compare, { method: "POST", body });
  if (reply.ok && !reply.redirected) Object.assign(form, { wrote: text, points: reply.html });
}

async function showPoints(form, answer, text) {
  await compare(form, text);
  if (form.wrote === text) find("[data-points]", answer).innerHTML = form.points;
}

hear("input", ({ target }) => {
  clearTimeout(typed);
  if (target.id === "a") typed = setTimeout(() => compare(target.form, target.value.trim()), 250);
});

function parse(html) {
  const { content } = Object.assign(document.createElement("template"), { innerHTML: html });
  return head(content) && content;
}

// One `ahead` knows nothing of the session.
function show(part, ahead) {
  if (ahead) for (const live of LIVE) find(live, part).replaceWith(find(live));
  const notices = all("main > .notice.error");
  find("#answered")?.remove();
  for (const one of ["header.session", "main", ".dock"]) find(one).replaceWith(find(one, part));
  document.body.append(...all("#answered", part));
  find("main").prepend(...notices);
  history.replaceState(null, "", head().dataset.here);
  scrollTo(0, 0);
  focusQuestion();
  start();
  if (ahead) return;
  for (const one of outbox) one.ahead = one.body; // their cards were left
  sayHow();
  fetchAhead();
}

function start() {
  next = null;
  before = 0;
  since = performance.now();
  find("#a")?.removeAttribute("maxlength"); // it may be long here
}

async function fetchAhead() {
  const shown = head();
  const part = parse((await ask(shown.dataset.ahead)).html);
  if (shown === head() && !outbox.length) keep(part);
}

function keep(part) {
  next = part && cardOf(part) !== cardOf(document) && part;
  for (const image of next ? all("img", next) : []) new Image().src = image.src;
}

function acknowledge(part, ok) {
  const held = LIVE.find((live) => holdsFocus(find(live)));
  for (const live of LIVE) find(live).replaceWith(find(live, part).cloneNode(true));
  if (held) find(`${held} button, #question`).focus();
  find("main").prepend(...all("main > .notice", part));
  sayHow();
  if (!ok) return fetchAhead();
  keep(part);
  if (next && outbox[0]?.body && !outbox[0].ahead) showNext(outbox[0]); // answered before that was here
}

function showNext(one) {
  one.ahead = true;
  one.body.set("after", cardOf(next));
  show(next, true);
}

function failed(which) {
  clearNotice();
  find("main").prepend(find(which).content.cloneNode(true));
  const retry = find("[data-retry]");
  retry.onclick = drain;
  if (!outbox[0].ahead) retry.focus();
}

function clearNotice() {
  const notice = find("main > .notice.error");
  if (holdsFocus(notice)) focusQuestion();
  notice?.remove();
}

function filled(form, button) {
  const body = new URLSearchParams(new FormData(form, button));
  const ahead = form.dataset.quick === "stay";
  if (ahead && body.get("card") === cardOf(document)) for (const part of all("[data-flag]")) part.hidden ^= true;
  return { address: form.action, body, ahead, id: form.id };
}

// `quick`: "on" leaves the card like a grade, "stay" keeps it.
function send(form, button) {
  const one = filled(form, button);
  if (one.ahead) closeMenu();
  else for (const part of all("#reveal, #grade, #mark")) part.dataset.sent = "";
  queue(one);
  if (next && !one.ahead) showNext(one);
}

function queue(one) {
  outbox.push(one);
  return setTimeout(drain); // what is shown comes first
}

// In order. An answer sent twice counts once.
async function drain() {
  if (sending) return;
  sending = true;
  while (outbox.length && (await deliver(outbox[0])));
  sending = false;
  if (leave && !outbox.length) location = leave;
  leave = "";
}

async function deliver(one) {
  if (!one.body) {
    const button = find(`[data-act=${one.act}]`);
    if (!button) return outbox.shift();
    Object.assign(one, filled(button.form, button));
  }
  if (token) one.body.set("csrf_token", token);
  if (/^[mf]/.test(one.id)) one.body.set("did", find("[name=did]")?.value ?? "");
  const reply = await ask(one.address, { method: "POST", body: one.body, keepalive: true });
  if (lost(reply)) return failed("#failed");
  if (reply.redirected) return failed("#signed-out");
  if (reply.status === 400 && !one.renewed) return renew(one, reply.html);
  const part = parse(reply.html);
  outbox.shift();
  if (reply.status !== 200) {
    if (!one.note) outbox = outbox.filter(({ body }) => body); // meant for it
    leave = reply.headers.get("Location");
  }
  if (!part && reply.html && outbox.some((o) => !o.refused)) return (one.refused = outbox.push(one));
  clearNotice();
  if (!part) return !reply.html || turnTo(reply.html);
  if (one.ahead) acknowledge(part, reply.ok);
  else show(part);
  return true;
}

// What waits is its sender's alone.
async function renew(one, refusal) {
  const reply = await ask(head().dataset.here, { headers: {} });
  if (!reply.html?.includes(options.who)) return failed(lost(reply) ? "#failed" : "#signed-out");
  const part = parse(reply.html);
  if (!part) return turnTo(refusal);
  token = find("[name=csrf_token]", part).value;
  return (one.renewed = true);
}

function turnTo(html) {
  document.write(html);
  document.close();
}

hear("submit", (event) => {
  const form = event.target;
  const own = token && form.elements.csrf_token;
  if (own) own.value = token;
  if (!head() || !form.matches("#reveal, #grade, [data-quick]")) return;
  event.preventDefault();
  if ("sent" in form.dataset) return;
  if (form.id === "reveal") return reveal();
  const note = find("#note textarea:read-write");
  if (form.dataset.quick !== "stay" && note?.value !== note?.defaultValue) {
    queue({ ...filled(note.form), ahead: true, note });
    note.readOnly = true;
  }
  if (form.dataset.quick === "") return queue({ act: event.submitter.dataset.act });
  if (form.id === "grade") form.elements.elapsed.value = spent();
  send(form, event.submitter);
});

hear("click", (event) => {
  // Two clicks are one.
  if (event.detail > 1 && event.target.closest(".dock, .session")) event.preventDefault();
  const end = sending && event.target.closest("#end");
  const keys = event.target.closest("[data-keys-list]") && find("#keys-list");
  if (end || keys) event.preventDefault();
  if (end) leave = end.href;
  if (!keys) return;
  closeMenu();
  keys.showModal();
});

hear("toggle", ({ target }) => target.open && find("textarea", target)?.focus(), true);
addEventListener("online", drain);
addEventListener("beforeunload", (event) => {
  if (outbox.length > sending) event.preventDefault();
});

function press(selector) {
  const button = find(selector);
  button?.click();
  return button;
}

function closeMenu() {
  const menu = find(".menu[open]");
  if (holdsFocus(menu)) menu.firstChild.focus();
  if (menu) menu.open = false;
  return menu;
}

const goOn = () => press("[data-show], [data-default]");
const FIXED = { " ": goOn, Enter: goOn, Escape: () => closeMenu() || press("#end"), "?": () => press("[data-keys-list]") };
const keymap = JSON.parse(options.keymap ?? "{}");

// Space ticks an option not chosen yet.
const actsItself = ({ target, key }) =>
  target.closest("button, a, summary") || (key === " " && target.matches("input:not([type=radio]:checked)"));

function act(event) {
  const { key, target } = event;
  if (event.ctrlKey && key === "Enter" && target.id === "a") return reveal() ?? true;
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (target.matches("textarea, select, input:not([type=radio], [type=checkbox])")) return;
  if (FIXED[key] === goOn && actsItself(event)) return;
  if (FIXED[key]) return FIXED[key]();
  const does = keymap[key.toLowerCase()];
  if (press(`[data-act="${does}"]:not([hidden] *)`)) return true;
  if (/^(un|re)do$/.test(does) && outbox.length) return queue({ act: does });
  return /^[1-9]$/.test(key) && press(`#reveal li:nth-child(${key}) [name=choice]`);
}

hear("keydown", (event) => {
  if ("keys" in options && !event.defaultPrevented && !find("dialog[open]") && act(event)) event.preventDefault();
});

// Near an edge it turns a page.
hear("touchstart", ({ touches, target, timeStamp: at }) => {
  const { clientX: x, clientY: y } = touches[0];
  const free = "swipes" in options && !touches[1] && visualViewport.scale < 1.01 && x > 24 && x < innerWidth - 24;
  touch = free && !target.closest("pre, .scroll, textarea, dialog") && { x, y, at };
});
hear("touchend", ({ changedTouches: [{ clientX, clientY }], timeStamp }) => {
  if (!touch || String(getSelection())) return;
  const x = clientX - touch.x;
  if (Math.abs(x) < Math.max(80, 2 * Math.abs(clientY - touch.y)) || timeStamp - touch.at > 800) return;
  press(`.grade[value="${x > 0 ? 4 : 1}"]`) || goOn();
});

if (head()) {
  start();
  fetchAhead();
}
