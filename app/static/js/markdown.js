/* Keys of the Markdown fields: marks, lists that go on, and levels of lists. Undo knows each of them. */
const ITEM = /^(\s*)([-*+]|(\d{1,9})([.)]))(\s+)(\[[ xX]\]\s+)?/;
const apple = /Mac|iP/.test(navigator.platform);

const put = (field, start, end, text, from = start + text.length, to = from) => {
  field.setSelectionRange(start, end);
  const done = text ? document.execCommand("insertText", false, text) : start === end || document.execCommand("delete");
  if (!done) {
    field.setRangeText(text);
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }
  field.setSelectionRange(from, to);
};

const chosen = (field) => [field.selectionStart, field.selectionEnd, field.value];

const wrap = (field, mark) => {
  const [start, end, text] = chosen(field);
  const size = mark.length;
  const words = text.slice(start, end);
  const around = text.slice(start - size, start) === mark && text.slice(end, end + size) === mark;
  const star = mark === "*" && around && (text[start - 2] === "*" || text[end + 1] === "*");
  if (start >= size && around && !star) put(field, start - size, end + size, words, start - size, end - size);
  else put(field, start, end, mark + words + mark, start + size, end + size);
};

const code = (field) => {
  const [start, end, text] = chosen(field);
  const words = text.slice(start, end);
  if (!words.includes("\n")) return wrap(field, "`");
  const before = start && text[start - 1] !== "\n" ? "\n" : "";
  const after = text[end] === "\n" || end === text.length ? "" : "\n";
  const block = `${before}\`\`\`\n${words.replace(/\n$/, "")}\n\`\`\`${after}`;
  put(field, start, end, block, start + before.length + 3);
};

const link = (field) => {
  const [start, end, text] = chosen(field);
  const words = text.slice(start, end);
  if (/^https?:\/\/\S+$/.test(words)) put(field, start, end, `[](${words})`, start + 1);
  else put(field, start, end, `[${words}](https://)`, start + words.length + 3, start + words.length + 11);
};

const lineStart = (text, at) => text.lastIndexOf("\n", at - 1) + 1;
const lineEnd = (text, at) => (text.indexOf("\n", at) + 1 || text.length + 1) - 1;

/* In a fenced block a dash is code: lists are left alone there. */
const fenced = (text, at) => (text.slice(0, at).match(/^ {0,3}(```|~~~)/gm) ?? []).length % 2 === 1;

const goOn = (field) => {
  const [start, end, text] = chosen(field);
  const begin = lineStart(text, start);
  const item = ITEM.exec(text.slice(begin, lineEnd(text, start)));
  if (!item || start !== end || start < begin + item[0].length || fenced(text, begin)) return false;
  if (!text.slice(begin + item[0].length, lineEnd(text, start)).trim()) {
    put(field, begin, lineEnd(text, start), "");
    return true;
  }
  const mark = item[3] ? Number(item[3]) + 1 + item[4] : item[2];
  put(field, start, end, `\n${item[1]}${mark}${item[5]}${item[6] ? "[ ] " : ""}`);
  return true;
};

const shift = (field, out) => {
  const [start, end, text] = chosen(field);
  const begin = lineStart(text, start);
  const stop = lineEnd(text, end > start && text[end - 1] === "\n" ? end - 1 : end);
  const lines = text.slice(begin, stop).split("\n");
  const item = ITEM.exec(lines[0]);
  if (!item || fenced(text, begin)) return false;
  const width = item[2].length + 1;
  const moved = lines.map((line) =>
    out ? line.replace(new RegExp(`^( {1,${width}}|\t)`), "") : line.trim() ? " ".repeat(width) + line : line);
  if (out && moved[0] === lines[0]) return false;
  const first = moved[0].length - lines[0].length;
  const all = moved.join("\n");
  const from = Math.max(begin, start + first);
  put(field, begin, stop, all, from, start === end ? from : end + all.length - (stop - begin));
  return true;
};

const marks = { b: (field) => wrap(field, "**"), i: (field) => wrap(field, "*"), e: code, k: link };
let leaving = false;

for (const field of document.querySelectorAll("textarea.md")) {
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const { key, shiftKey, altKey } = event;
    const control = apple ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
    let done = false;
    if (control && !altKey && !shiftKey && Object.hasOwn(marks, key.toLowerCase())) {
      marks[key.toLowerCase()](field);
      done = true;
    } else if (!event.ctrlKey && !event.metaKey && !altKey) {
      if (key === "Enter" && !shiftKey) done = goOn(field);
      else if (key === "Tab" && !leaving) done = shift(field, shiftKey);
    }
    if (!["Shift", "Control", "Alt", "Meta"].includes(key)) leaving = key === "Escape";
    if (done) event.preventDefault();
  });
}
for (const some of document.querySelectorAll("[data-scripted]")) some.hidden = false;
