/* What is typed and not saved yet is kept in this browser, and offered when the page is opened again. */
const KEPT_DAYS = 30;
const form = document.getElementById("editor");
const name = `draft:${form.dataset.draft}`;
const offer = form.querySelector("[data-offer]");
const skipped = new Set(["csrf_token", "version", "started", "next", "image", "alt"]);
const beside = new Set(["was", "suggestion", "note", "ask_again", "credited", "kind"]);
const first = form.elements.question ?? form.elements.text;

const attempt = (work) => {
  try {
    return work();
  } catch {
    return null; /* storage may be full, or refused */
  }
};
const entered = () => [...new FormData(form)].filter(([field, value]) => typeof value === "string" && !skipped.has(field));
const version = () => form.elements.version?.value;
const load = (key) => attempt(() => JSON.parse(localStorage.getItem(key)));
const drop = (key) => attempt(() => localStorage.removeItem(key));
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
/* The text alone: neither how a save tidies it counts, nor how many rows of options a page offers. */
const words = (fields) => fields
  .filter(([field, value]) => !beside.has(field) && !field.endsWith("-key") && value.trim())
  .map(([field, value]) => field.replace(/\d+/, "") + value.replace(/[\s›>]+/g, ""));

const before = entered();
const unsaved = "unsaved" in form.dataset;
const count = Number(form.dataset.count ?? 0);

for (const key of attempt(() => Object.keys(localStorage)) ?? []) {
  if (key.startsWith("draft:") && !(load(key)?.at > Date.now() - KEPT_DAYS * 864e5)) drop(key);
}

/* A new card that was added is known by where that led: its own page, or the next empty one. */
const sent = attempt(() => JSON.parse(sessionStorage.getItem("sent")));
attempt(() => sessionStorage.removeItem("sent"));
if (sent && !unsaved) {
  const question = (fields) => fields?.find(([field]) => field === "question")?.[1].trim();
  const added = sent.name === name
    ? form.dataset.added && form.dataset.added !== sent.added
    : load(sent.name) && question(load(sent.name).fields) === question(before);
  if (added) drop(sent.name);
}

const restore = (draft) => {
  const ticked = new Set(draft.fields.map(([field]) => field));
  for (const one of form.elements) if (one.type === "checkbox") one.checked = ticked.has(one.name);
  for (const [field, value] of draft.fields) {
    const one = form.elements[field];
    if (!one || one.type === "checkbox" || !("value" in one)) continue;
    one.value = value;
    const fold = value && one.type !== "hidden" && one.closest?.("details");
    if (fold) fold.open = true;
  }
  if (version()) form.elements.version.value = draft.version;
  form.dataset.unsaved = "";
  first.dispatchEvent(new InputEvent("input", { bubbles: true }));
};

const draft = load(name);
if (draft && !unsaved && (count > (draft.count ?? 0) || same(words(draft.fields), words(before)))) drop(name);
else if (draft && !unsaved) {
  offer.querySelector("[data-when]").textContent = new Date(draft.at).toLocaleString(document.documentElement.lang, {
    dateStyle: "medium", timeStyle: "short" });
  offer.hidden = false;
  const answer = (button, act) => offer.querySelector(button).addEventListener("click", () => {
    act();
    offer.hidden = true;
    first.focus();
  });
  answer("[data-bring]", () => restore(draft));
  answer("[data-drop]", () => drop(name));
}

let timer;
const keep = () => {
  clearTimeout(timer);
  timer = 0;
  const fields = entered();
  if (same(fields, before) && !unsaved && !("unsaved" in form.dataset)) {
    if (offer.hidden) drop(name);
  } else {
    const kept = JSON.stringify({ at: Date.now(), version: version(), count, fields });
    attempt(() => localStorage.setItem(name, kept));
  }
};
form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(keep, 400);
});
addEventListener("pagehide", () => timer && keep());
form.addEventListener("submit", (event) => {
  keep();
  const here = JSON.stringify({ name, added: form.dataset.added });
  if ("added" in form.dataset && !event.submitter?.hasAttribute("formaction")) attempt(() => sessionStorage.setItem("sent", here));
});
for (const link of form.querySelectorAll("[data-discard]")) link.addEventListener("click", () => drop(name));
