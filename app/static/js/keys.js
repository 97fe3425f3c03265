// Keys on every page of somebody who is signed in: search, library, progress, the list of keys.
const keymap = JSON.parse(document.body.dataset.keymap ?? "{}");
const fixed = { "?": "keys", " ": "next", Enter: "next", ArrowRight: "next", ArrowLeft: "prev" };

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.closest("input:not([type=radio], [type=checkbox]), textarea, select, dialog[open]")) return;
  const act = fixed[event.key] ?? keymap[event.key.toLowerCase()];
  // What has focus, or scrolls sideways, keeps its keys.
  if (/next|prev/.test(act) && (event.shiftKey || event.target.closest("a, button, summary, input, pre, .scroll"))) return;
  // Space shows the rest of a long page first.
  if (event.key === " " && innerHeight + scrollY < document.documentElement.scrollHeight - 8) return;
  const target = act && document.querySelector(`[data-go="${act}"]`);
  if (!target) return;
  event.preventDefault();
  if (target.matches("input")) target.select();
  else target.click();
});
