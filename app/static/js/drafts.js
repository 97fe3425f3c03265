/* What is typed and not saved yet is kept in this browser, and offered when the page is opened again. */
const KEPT_DAYS = 30;
const form = document.getElementById("editor");
const name = `draft:${form.dataset.draft}`;
const offer = form.querySelector("[data-offer]");
const skipped = new Set(["csrf_token", "version", "started", "image", "alt"]);

const attempt = (work) => {
  try {
    return work();
  } catch {
    return null; /* storage may be full, or refused */
  }
};
const entered = () => [...new FormData(form)].filter(([field, value]) => typeof value === "string" && !skipped.has(field));
const version = () => Number(form.elements.version.value);
const load = (key) => attempt(() => JSON.parse(localStorage.getItem(key)));
const drop = (key) => attempt(() => localStorage.removeItem(key));
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

const before = entered();
const unsaved = "unsaved" in form.dataset;

for (const key of attempt(() => Object.keys(localStorage)) ?? []) {
  if (key.startsWith("draft:") && !(load(key)?.at > Date.now() - KEPT_DAYS * 864e5)) drop(key);
}

/* A save that went through is known by where it led: a higher version, the new card's own page, or the next empty one. */
const sent = attempt(() => sessionStorage.getItem("sent"));
if (sent && !unsaved) {
  const draft = load(sent);
  const field = (fields, wanted) => fields.find(([one]) => one === wanted)?.[1].trim();
  const saved = sent === name
    ? "added" in form.dataset || version() > draft?.version
    : draft && field(draft.fields, "question") === field(before, "question");
  if (saved) drop(sent);
  attempt(() => sessionStorage.removeItem("sent"));
}

const restore = (draft) => {
  const ticks = [...form.elements].filter((one) => one.type === "checkbox");
  const ticked = new Set(draft.fields.map(([field]) => field));
  for (const one of ticks) one.checked = ticked.has(one.name);
  for (const [field, value] of draft.fields) {
    const one = form.elements[field];
    if (one && one.type !== "checkbox" && "value" in one) one.value = value;
  }
  form.elements.version.value = draft.version;
  form.dataset.unsaved = "";
  form.elements.question.dispatchEvent(new InputEvent("input", { bubbles: true }));
};

const draft = load(name);
if (draft && same(draft.fields, before)) drop(name);
else if (draft && !unsaved) {
  offer.querySelector("[data-when]").textContent = new Date(draft.at).toLocaleString(document.documentElement.lang, {
    dateStyle: "medium", timeStyle: "short" });
  offer.hidden = false;
  offer.querySelector("[data-bring]").addEventListener("click", () => {
    restore(draft);
    offer.hidden = true;
    form.elements.question.focus();
  });
  offer.querySelector("[data-drop]").addEventListener("click", () => {
    drop(name);
    offer.hidden = true;
    form.elements.question.focus();
  });
}

let timer;
const keep = () => {
  clearTimeout(timer);
  timer = 0;
  const fields = entered();
  if (same(fields, before) && !unsaved && !("unsaved" in form.dataset)) {
    if (offer.hidden) drop(name);
  } else attempt(() => localStorage.setItem(name, JSON.stringify({ at: Date.now(), version: version(), fields })));
};
form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(keep, 400);
});
addEventListener("pagehide", () => timer && keep());
form.addEventListener("submit", (event) => {
  keep();
  if (!event.submitter?.hasAttribute("formaction")) attempt(() => sessionStorage.setItem("sent", name));
});
form.querySelector("[data-discard]")?.addEventListener("click", () => drop(name));
