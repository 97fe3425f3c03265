/* The editor: a live preview, a guard for text that is not saved, and Ctrl+S. Without it the page works all the same. */
const PAUSE_MS = 60; /* with the portal's work, what is shown is there 150 ms after a pause */
const form = document.getElementById("editor");
const status = form.querySelector("[data-status]");
const shown = form.querySelector("[data-shown]");

const entered = () => new URLSearchParams(new FormData(form)).toString();
const before = entered();
let leaving = false;
const isUnsaved = () => "unsaved" in form.dataset || entered() !== before;

if (shown) {
  form.querySelector("[data-preview-button]").hidden = true;
  status.hidden = false;
  let timer;
  let running = false;
  let stale = false;
  const say = (what) => {
    if (status.textContent !== status.dataset[what]) status.textContent = status.dataset[what];
  };
  /* One at a time: a slow portal is asked for the last text only, and never for more than it can give. */
  const render = async () => {
    stale = running;
    if (running) return;
    running = true;
    try {
      const answer = await fetch(form.dataset.preview, {
        method: "POST",
        body: new FormData(form),
        headers: { "X-Fragment": "preview" },
      });
      if (!answer.ok) throw new Error(answer.status);
      shown.innerHTML = await answer.text();
      say(stale || timer ? "working" : "fresh");
    } catch {
      say("failed");
    }
    running = false;
    if (stale) render();
  };
  form.addEventListener("input", (event) => {
    if (["note", "ask_again", "image", "alt"].includes(event.target.name)) return;
    say("working");
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = 0;
      render();
    }, PAUSE_MS);
  });
}

form.addEventListener("submit", () => {
  leaving = true;
});
form.querySelector("[data-discard]")?.addEventListener("click", () => {
  leaving = true;
});
addEventListener("pageshow", () => {
  leaving = false;
});
addEventListener("beforeunload", (event) => {
  if (!leaving && isUnsaved()) event.preventDefault();
});
addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "s") {
    event.preventDefault();
    form.requestSubmit(form.querySelector("[data-save]"));
  }
});
