// Verifying a card in the browser: with the camera, from a picture, and without a network. Without this file the form asks the server.
import { decode } from "./cbor.js";

const form = document.querySelector("[data-verify]");
const field = form?.querySelector("textarea");
const said = document.querySelector("[data-verdict]");
const text = (name) => form.dataset[name] ?? name;
const KEYS = "/vaccination/.well-known/jwks.json";
const LARGEST = 1 << 20;
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const CURVES = { "-7": ["P-256", "SHA-256"], "-35": ["P-384", "SHA-384"], "-36": ["P-521", "SHA-512"] };

class Refused extends Error {}

function base45(code) {
  const found = [];
  for (let at = 0; at < code.length; at += 3) {
    const part = [...code.slice(at, at + 3)].map((sign) => DIGITS.indexOf(sign));
    if (part.length === 1 || part.includes(-1)) throw new Refused("unreadable");
    const value = part[0] + part[1] * 45 + (part[2] ?? 0) * 2025;
    if (value > (part.length === 3 ? 0xffff : 0xff)) throw new Refused("unreadable");
    if (part.length === 3) found.push(value >> 8);
    found.push(value & 0xff);
  }
  return new Uint8Array(found);
}

const base64url = (value) => Uint8Array.from(atob(value.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));

async function inflate(content, kind) {
  const reader = new Blob([content]).stream().pipeThrough(new DecompressionStream(kind)).getReader();
  const parts = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > LARGEST) throw new Refused("unreadable");
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

async function published() {
  const answer = await fetch(KEYS, { cache: "no-cache" });
  if (!answer.ok) throw new Refused("nokeys");
  return answer.json();
}

async function identifier(signature) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", signature)).slice(0, 16);
  return [...digest].map((one) => one.toString(16).padStart(2, "0")).join("");
}

async function signed(held, kid, curve, signature, content) {
  const known = held.keys.filter((key) => key.kid === kid);
  if (!known.length) throw new Refused("unknownKey");
  for (const jwk of known) {
    if (jwk.crv !== curve[0]) continue;
    const { kty, crv, x, y } = jwk;
    const key = await crypto.subtle.importKey("jwk", { kty, crv, x, y }, { name: "ECDSA", namedCurve: crv }, false, ["verify"]);
    if (await crypto.subtle.verify({ name: "ECDSA", hash: curve[1] }, key, signature, content)) {
      if (jwk.revoked) throw new Refused("revokedKey");
      if ((held.revokedCards ?? []).includes(await identifier(signature))) throw new Refused("revoked");
      return;
    }
  }
  throw new Refused("signature");
}

// Sig_structure of COSE_Sign1 (RFC 9052, 4.4): short head bytes by hand, contents as they were sent.
function toBeSigned(guarded, payload) {
  const bytes = (content) => {
    const size = content.length;
    const head = size < 24 ? [0x40 | size] : size < 256 ? [0x58, size] : [0x59, size >> 8, size & 0xff];
    return [...head, ...content];
  };
  const name = new TextEncoder().encode("Signature1");
  return new Uint8Array([0x84, 0x60 | name.length, ...name, ...bytes(guarded), 0x40, ...bytes(payload)]);
}

async function vaccinationCard(code) {
  const message = decode(await inflate(base45(code.replace(/^HC1:/, "")), "deflate"));
  const parts = message?.value ?? message;
  if (!Array.isArray(parts) || parts.length !== 4) throw new Refused("unreadable");
  const [guarded, open, payload, signature] = parts;
  const protectedHeader = guarded.length ? decode(guarded) : new Map();
  const curve = CURVES[String(protectedHeader.get(1))];
  const kid = protectedHeader.get(4) ?? open.get(4);
  if (!curve || !(kid instanceof Uint8Array) || payload.length > 0xffff) throw new Refused("unreadable");
  await signed(await published(), new TextDecoder().decode(kid), curve, signature, toBeSigned(guarded, payload));
  const claims = decode(payload);
  const now = Date.now() / 1000;
  if (claims.get(4) < now) throw new Refused("expired");
  if (claims.get(6) > now + 60) throw new Refused("notYet");
  const health = claims.get(-260);
  const card = health?.get?.("nam") ? health : health?.get?.(1);
  const name = card?.get?.("nam");
  const doses = card?.get?.("v")?.length ?? 0;
  return { issuer: claims.get(1), person: `${name?.get("fnt") ?? ""} ${name?.get("gnt") ?? ""}, ${card?.get("dob") ?? ""}: ${doses}` };
}

async function smartCard(code) {
  const pairs = code.slice(5).match(/\d\d/g) ?? [];
  const jws = pairs.map((pair) => String.fromCharCode(Number(pair) + 45)).join("");
  const [head, payload, signature] = jws.split(".");
  const header = JSON.parse(new TextDecoder().decode(base64url(head)));
  if (header.alg !== "ES256" || header.zip !== "DEF") throw new Refused("unreadable");
  const content = new TextEncoder().encode(`${head}.${payload}`);
  await signed(await published(), header.kid, CURVES["-7"], base64url(signature), content);
  const claims = JSON.parse(new TextDecoder().decode(await inflate(base64url(payload), "deflate-raw")));
  const now = Date.now() / 1000;
  if (claims.exp && claims.exp < now) throw new Refused("expired");
  if (claims.nbf > now + 60) throw new Refused("notYet");
  const entries = claims.vc.credentialSubject.fhirBundle.entry.map((one) => one.resource);
  const person = entries.find((one) => one.resourceType === "Patient") ?? {};
  const name = person.name?.[0] ?? {};
  const doses = entries.filter((one) => one.resourceType === "Immunization").length;
  return { issuer: claims.iss, person: `${name.family ?? ""} ${(name.given ?? []).join(" ")}, ${person.birthDate ?? ""}: ${doses}` };
}

function show(role, ...lines) {
  const box = document.createElement("div");
  box.className = role === "status" ? "notice" : "error";
  box.setAttribute("role", role);
  for (const line of lines) {
    const part = document.createElement("p");
    part.textContent = line;
    box.append(part);
  }
  said.replaceChildren(box);
}

async function verify(code) {
  try {
    const card = await (code.startsWith("shc:/") ? smartCard(code) : vaccinationCard(code));
    show("status", text("true").replace("ISSUER", card.issuer), card.person);
  } catch (error) {
    const rule = error instanceof Refused ? error.message : error instanceof TypeError && !navigator.onLine ? "nokeys" : "unreadable";
    show("alert", text("distrust"), text(rule));
  }
}

async function watch(detector, button) {
  const video = document.createElement("video");
  video.playsInline = true;
  video.className = "camera";
  button.after(video);
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    video.remove();
    show("alert", text("nocamera"));
    return;
  }
  video.srcObject = stream;
  await video.play();
  for (let found = []; stream.active; await new Promise((done) => setTimeout(done, 200))) {
    found = await detector.detect(video);
    if (!found.length) continue;
    for (const track of stream.getTracks()) track.stop();
    video.remove();
    field.value = found[0].rawValue;
    await verify(field.value);
    return;
  }
}

if (form && said && "DecompressionStream" in window) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    verify(field.value.replace(/[\r\n\t]/g, ""));
  });
  if ("BarcodeDetector" in window) {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    const tools = form.querySelector("[data-camera]");
    tools.hidden = false;
    const button = tools.querySelector("button");
    button.addEventListener("click", () => watch(detector, button));
    tools.querySelector("input").addEventListener("change", async (event) => {
      const picture = await createImageBitmap(event.target.files[0]);
      const [found] = await detector.detect(picture);
      if (!found) return show("alert", text("nocode"));
      field.value = found.rawValue;
      return verify(field.value);
    });
  }
  if ("serviceWorker" in navigator) {
    navigator.serviceWorker.register("/card/worker.js", { scope: "/card/" }).then(() => navigator.serviceWorker.ready).then(() => {
      // the first visit came before the worker: what the page needs is fetched once more, through it
      for (const entry of performance.getEntriesByType("resource")) fetch(entry.name).catch(() => {});
      fetch(KEYS).catch(() => {});
      document.documentElement.dataset.offline = "ready";
    });
  }
}
