// The verifier's page without a network: what it needs is kept when it was fetched; the newest comes first.
const KEPT = "ardenne-card-1";
const WANTED = /^\/(card\/verify|static\/|vaccination\/\.well-known\/jwks\.json)/;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((kept) => kept.addAll(["/card/verify", "/vaccination/.well-known/jwks.json"])).then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  if (event.request.method !== "GET" || address.origin !== self.location.origin || !WANTED.test(address.pathname)) return;
  event.respondWith((async () => {
    const kept = await caches.open(KEPT);
    try {
      const answer = await fetch(event.request);
      if (answer.ok) await kept.put(event.request, answer.clone());
      return answer;
    } catch {
      const found = await kept.match(event.request, { ignoreSearch: address.pathname === "/card/verify" });
      return found ?? Response.error();
    }
  })());
});
