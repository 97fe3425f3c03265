// Asks a device for a passkey. Its forms are hidden until a browser shows that it can.
const can = window.PublicKeyCredential?.parseRequestOptionsFromJSON && navigator.credentials;

async function ask(form) {
  const answer = await fetch(form.dataset.options, {
    method: "POST",
    headers: { "X-CSRFToken": form.elements.csrf_token.value },
  });
  if (!answer.ok || answer.redirected) return location.reload();
  const options = await answer.json();
  const credential = form.dataset.passkey === "create"
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  form.elements.credential.value = JSON.stringify(credential.toJSON());
  const keep = document.querySelector("form:not([data-passkey]) input[name=keep]");
  if (keep && form.elements.keep) form.elements.keep.value = keep.checked ? "y" : "";
  form.submit();
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!can) {
    const why = form.parentElement.querySelector("[data-cannot]");
    if (why) why.hidden = false;
    continue;
  }
  form.hidden = false;
  const around = form.closest("[data-passkeys]");
  if (around) around.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const problem = form.querySelector("[data-problem]");
    problem.hidden = true;
    ask(form).catch(() => { problem.hidden = false; });
  });
}
