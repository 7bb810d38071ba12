// Keeps one community's resident portal readable without a network. What is kept is the same for everybody:
// the built styles and scripts, the page without a network, and public pages as somebody sees them who has not signed
// in. An answer that was made for a person is never kept: telephones are shared.
const known = self.LINLI;
const root = known.root;
const SHELL = `linli:${root}:shell:${known.version}`;
const KEPT = `linli:${root}:kept`;
const MOST_KEPT = 20;
const A_DAY = 24 * 3600 * 1000;
const ABOVE = '<main id="main" tabindex="-1">';

self.addEventListener("install", (event) => {
  event.waitUntil(fillShell().then(() => self.skipWaiting()));
});

// A later worker takes over at once and throws away what earlier ones have kept of the shell.
self.addEventListener("activate", (event) => {
  event.waitUntil(forget((name) => name.startsWith(`linli:${root}:shell:`) && name !== SHELL).then(() => self.clients.claim()));
});

self.addEventListener("message", (event) => {
  if (event.data?.keep) {
    event.waitUntil(keep(event.data.keep, String(event.data.language ?? "")));
  } else if (event.data?.forget) {
    event.waitUntil(forget((name) => name === KEPT));
  }
});

self.addEventListener("fetch", (event) => {
  const request = event.request;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== self.location.origin) {
    return;
  }
  if (known.assets.includes(address.pathname)) {
    event.respondWith(caches.match(address.pathname, { cacheName: SHELL }).then((kept) => kept ?? fetch(request)));
  } else if (request.mode === "navigate" && isOurs(address.pathname)) {
    event.respondWith(fetch(request).catch(() => withoutNetwork(address)));
  }
});

function isOurs(path) {
  const below = path.slice(root.length);
  return path.startsWith(root) && (below === "" || below.startsWith("/")) && !/^\/admin(\/|$)/.test(below);
}

async function fillShell() {
  const shell = await caches.open(SHELL);
  await shell.addAll(known.assets);
  // Without credentials: the page knows nobody.
  const page = await fetch(known.offline, { credentials: "omit", cache: "no-store" });
  if (!page.ok) {
    throw new Error(`no page for when there is no network: ${page.status}`);
  }
  await shell.put(known.offline, page);
}

async function forget(which) {
  const names = await caches.keys();
  await Promise.all(names.filter(which).map((name) => caches.delete(name)));
}

// A public page asks for this after it was read. It is fetched once more as a stranger would, at most once a day.
async function keep(path, language) {
  if (typeof path !== "string" || !isOurs(path)) {
    return;
  }
  const kept = await caches.open(KEPT);
  const before = await kept.match(path);
  if (before && Date.now() - Date.parse(before.headers.get("date") ?? 0) < A_DAY) {
    return;
  }
  const headers = { "x-linli-language": language.replace("-", "_") };
  const asked = { credentials: "omit", cache: "no-store", redirect: "error", headers };
  const page = await fetch(path, asked).catch(() => null);
  if (!page?.ok) {
    await kept.delete(path);
    return;
  }
  await kept.delete(path);
  await kept.put(path, page);
  const paths = await kept.keys();
  await Promise.all(paths.slice(0, Math.max(0, paths.length - MOST_KEPT)).map((each) => kept.delete(each)));
}

async function withoutNetwork(address) {
  const kept = address.search ? undefined : await caches.match(address.pathname, { cacheName: KEPT });
  return kept ? marked(kept) : ((await caches.match(known.offline, { cacheName: SHELL })) ?? Response.error());
}

// A kept page says on top that it is one.
async function marked(page) {
  const text = await page.text();
  const language = /<html lang="([^"]+)"/.exec(text)?.[1];
  const words = known.marks[language] ?? known.marks["zh-CN"];
  const note = `${ABOVE}<p class="note note-warn" role="status">${words}</p>`;
  return new Response(text.replace(ABOVE, note), { status: 200, headers: page.headers });
}
