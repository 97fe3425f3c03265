/* Images by paste, drop or choice: asked for their words, sent, and put where the cursor is. */
const form = document.getElementById("editor");
const box = document.getElementById("picture");
const words = document.getElementById("picture-alt");
const problem = box.querySelector("[data-problem]");
const progress = box.querySelector("[data-progress]");
const waiting = [];
let running;

const images = (files) => [...(files ?? [])].filter((file) => file.type.startsWith("image/"));

/* An image is a paragraph of its own: a document would lose it at the end of a heading. In an option it stands in the line. */
const insert = ({ field, start, end }, text) => {
  field.focus();
  field.setSelectionRange(start, end);
  const [before, after] = [field.value.slice(0, field.selectionStart), field.value.slice(field.selectionEnd)];
  const gap = (side, here) => (field.rows === 1 || !side || side === "\n\n" ? "" : here ? "\n" : "\n\n");
  const more = gap(before.slice(-2), before.endsWith("\n")) + text + gap(after.slice(0, 2), after.startsWith("\n"));
  if (!document.execCommand("insertText", false, more)) {
    field.setRangeText(more, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }
};

const next = () => {
  running = waiting.shift();
  if (!running) return;
  problem.textContent = progress.textContent = words.value = "";
  box.querySelector("[data-name]").textContent = running.file.name;
  box.showModal();
  words.focus();
};

const add = (field, files) => {
  const { selectionStart: start, selectionEnd: end } = field; /* a closing dialog puts the cursor elsewhere */
  waiting.push(...files.map((file, at) => ({ field, file, start, end: at ? start : end })));
  if (!running) next();
};

box.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const image = running;
  if (image.sending) return;
  image.sending = true;
  const body = new FormData();
  body.set("csrf_token", form.elements.csrf_token.value);
  body.set("image", image.file);
  body.set("alt", words.value);
  progress.textContent = progress.dataset.working;
  problem.textContent = "";
  try {
    const answer = await fetch(form.dataset.image, { method: "POST", body, headers: { "X-Fragment": "image" } });
    const said = await answer.text();
    if (image !== running) return; /* given up meanwhile */
    const plain = answer.headers.get("Content-Type")?.startsWith("text/plain");
    if (answer.ok && plain) {
      image.markdown = said;
      box.close();
      return;
    }
    problem.textContent = plain ? said : progress.dataset.failed;
  } catch {
    if (image !== running) return;
    problem.textContent = progress.dataset.failed;
  }
  progress.textContent = "";
  image.sending = false;
});
box.querySelector("[data-cancel]").addEventListener("click", () => box.close());
/* A box says that it is closed some time after it is: whatever comes next has to wait for that. */
box.addEventListener("close", () => {
  const { field, start, end, markdown } = running;
  if (markdown) {
    insert(running, markdown);
    for (const one of waiting) if (one.field === field) one.start = one.end = field.selectionEnd;
  } else {
    field.focus();
    field.setSelectionRange(start, end);
  }
  next();
});

for (const field of form.querySelectorAll("textarea")) {
  field.addEventListener("paste", (event) => {
    const found = images(event.clipboardData.files);
    if (!found.length || event.clipboardData.types.includes("text/plain")) return;
    event.preventDefault();
    add(field, found);
  });
  field.addEventListener("dragover", (event) => {
    if (event.dataTransfer.types.includes("Files")) event.preventDefault();
  });
  field.addEventListener("drop", (event) => {
    const found = images(event.dataTransfer.files);
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    if (found.length) add(field, found);
  });
}

/* With scripts, choosing a file is enough. */
const choice = form.querySelector("[data-images]");
const file = choice.querySelector("input[type=file]");
for (const rest of [choice.querySelector("#alt").parentElement, choice.querySelector("[data-add-image]")]) rest.hidden = true;
file.addEventListener("change", () => {
  const found = images(file.files);
  file.value = "";
  if (found.length) add(form.elements.answer, found);
});
