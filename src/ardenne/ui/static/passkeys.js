// Passkeys: enrol one, or sign in with one. Without JavaScript the buttons stay hidden.
// A passkey belongs to a name; an address of digits is none.
const named = !/^[\d.]+$|^\[/.test(location.hostname);
const supported = named && window.PublicKeyCredential && PublicKeyCredential.parseCreationOptionsFromJSON;

async function post(address, content) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(content ?? {}),
    credentials: "same-origin",
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

async function run(kind, next) {
  const place = kind === "enrol" ? "/account/passkey" : "/sign-in/passkey";
  const { attempt, options } = await post(`${place}/question`);
  const made =
    kind === "enrol"
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  const done = await post(place, { attempt, answer: made.toJSON(), next });
  location.assign(done.next);
}

for (const button of supported ? document.querySelectorAll("[data-passkey]") : []) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const problem = document.querySelector("[data-passkey-problem]");
    problem.hidden = true;
    try {
      await run(button.dataset.passkey, button.dataset.next);
    } catch {
      problem.hidden = false;
    }
  });
}
