// A service worker: what was loaded once is there without a network. A new build has another version, and takes over.
const KEPT = "explorer-@VERSION@";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith("explorer-") && name !== KEPT) await caches.delete(name);
  await self.clients.claim();
})()));
self.addEventListener("fetch", (event) => {
  if (event.request.method !== "GET" || !event.request.url.startsWith(self.registration.scope)) return;
  event.respondWith((async () => {
    const kept = await caches.open(KEPT);
    const known = await kept.match(event.request, { ignoreSearch: true });
    if (known) return known;
    const response = await fetch(event.request);
    if (response.ok) await kept.put(event.request, response.clone());
    return response;
  })());
});
