// What every page loads: htmx for searching and turning pages, and small courtesies. Every page works without it.
import htmx from "htmx.org";
import { enhanceDays } from "./days.js";
import { enhanceForms } from "./forms.js";
import { enhancePhotos } from "./photos.js";
import { enhancePickers } from "./pickers.js";
import { toast, words } from "./toasts.js";
import "./finder.js";
import "./tables.js";

// The content security policy allows neither evaluated code nor styles written into the page.
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
// Pages with people's data are not kept in the browser's storage, and "back" asks for the whole page.
htmx.config.historyCacheSize = 0;
htmx.config.refreshOnHistoryMiss = true;
// What has come listens at once. With htmx's 20 ms of settling, which is for animations that nothing here has, a choice
// made by keyboard in that moment was lost.
htmx.config.defaultSettleDelay = 0;

const withoutQuery = (address) => new URL(address, location.href).pathname;

document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector('meta[name="csrf-token"]')?.content;
  if (token) {
    event.detail.headers["X-CSRF-Token"] = token;
  }
});

// An answer from another address (signing in again) or an error is a page of its own, never a part of this one.
document.addEventListener("htmx:beforeSwap", (event) => {
  const answer = event.detail;
  const xhr = answer.xhr;
  const wanted = answer.pathInfo.finalRequestPath;
  const wasRedirected = xhr.responseURL && withoutQuery(xhr.responseURL) !== withoutQuery(wanted);
  if (answer.requestConfig.verb === "get" && (wasRedirected || xhr.status >= 400)) {
    answer.shouldSwap = false;
    location.assign(wanted);
  }
});

// A form is sent once, however often its button is pressed; the disabled button comes back with "back".
// A form that fetches a file leaves the page standing, and may be sent again.
document.addEventListener("submit", (event) => {
  // What goes into a frame or is downloaded leaves this page as it is: it may be sent again.
  const stays = event.target.target || "download" in event.target.dataset;
  if (event.target.method !== "post" || event.defaultPrevented || stays) {
    return;
  }
  if (event.target.dataset.sent) {
    event.preventDefault();
    return;
  }
  event.target.dataset.sent = "yes";
  event.submitter?.setAttribute("aria-disabled", "true");
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelector("[aria-disabled]")?.removeAttribute("aria-disabled");
  }
});

// The account menu and what unfolds above a list close with Escape and with a press elsewhere.
const openMenus = () => document.querySelectorAll("details.drop[open], details.tool[open]");
document.addEventListener("click", (event) => {
  for (const menu of openMenus()) {
    if (!menu.contains(event.target)) {
      menu.open = false;
    }
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") {
    return;
  }
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// What htmx could not do, and what an answer has to tell beside itself.
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => toast(words.offline, "bad"));
}
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.requestConfig.verb !== "get") {
    toast(words.trouble, "bad");
  }
});
document.addEventListener("toast", (event) => toast(event.detail.message, event.detail.tone));

document.documentElement.classList.add("has-scripts");
enhanceForms(document);
enhanceDays(document);
enhancePhotos(document);
enhancePickers(document);
// A page that came back without the browser having asked for it, because the scripts sent its photos.
document.addEventListener("linli:page", (event) => {
  const main = event.detail;
  htmx.process(main);
  enhanceForms(main);
  enhanceDays(main);
  enhancePhotos(main);
});
// What htmx brings in is made as comfortable as what the page came with.
document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt !== document.body) {
    enhanceForms(event.detail.elt);
    enhanceDays(event.detail.elt);
    enhancePhotos(event.detail.elt);
  }
});

// The resident portal on a telephone: a worker that keeps it readable without a network (see worker.js).
const app = document.querySelector("link[rel=manifest][data-worker]");
if (app && navigator.serviceWorker) {
  window.addEventListener("load", async () => {
    const scope = app.dataset.scope;
    // Nothing is lost where the browser refuses: the portal then needs a network.
    const options = { scope, updateViaCache: "none" };
    const registered = await navigator.serviceWorker.register(app.dataset.worker, options).catch(() => null);
    if (registered && document.querySelector("link[rel=canonical]")) {
      const ready = await navigator.serviceWorker.ready;
      ready.active?.postMessage({ keep: location.pathname, language: document.documentElement.lang });
    }
  });
  // Whoever signs out on a shared telephone leaves no trace of what they have read.
  document.addEventListener("submit", (event) => {
    if (event.target.matches('form[action="/account/sign-out"]')) {
      navigator.serviceWorker.controller?.postMessage({ forget: true });
    }
  });
}

// How to put the portal beside one's apps: said once, where the browser can do it.
const hint = document.querySelector("[data-install]");
if (hint && !matchMedia("(display-mode: standalone)").matches && !navigator.standalone) {
  const button = hint.querySelector("[data-install-now]");
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    hint.hidden = false;
    button.hidden = false;
    button.addEventListener("click", () => event.prompt());
  });
  window.addEventListener("appinstalled", () => {
    location.assign(hint.querySelector("[data-install-close]").href);
  });
  // Safari has no button for it, and no event.
  if (/iPhone|iPad/.test(navigator.userAgent)) {
    hint.hidden = false;
    hint.querySelector("[data-install-apple]").hidden = false;
  }
}

// The page without a network names the pages that can still be read.
const stillRead = document.querySelector("[data-kept]");
if (stillRead && "caches" in window) {
  listKept(stillRead);
}

async function listKept(list) {
  for (const name of (await caches.keys()).filter((each) => each === `linli:${list.dataset.kept}:kept`)) {
    const kept = await caches.open(name);
    for (const request of (await kept.keys()).reverse()) {
      const page = await kept.match(request);
      const title = /<h1>([^<]*)<\/h1>/.exec(await page.text())?.[1] ?? request.url;
      const link = document.createElement("a");
      link.href = new URL(request.url).pathname;
      link.append(new DOMParser().parseFromString(title, "text/html").body.textContent);
      const line = document.createElement("li");
      line.append(link);
      list.append(line);
    }
  }
  list.closest("[data-kept-part]").hidden = list.children.length === 0;
}

// A sheet that is filled in from paper: Enter goes down, and a piece of a table is pasted over as many cells.
for (const grid of document.querySelectorAll("table[data-grid]")) {
  const cell = (row, column) => grid.rows[row]?.cells[column]?.querySelector("input, select");
  const rowOf = (field) => field.closest("tr").rowIndex;
  const columnOf = (field) => field.closest("td, th").cellIndex;
  grid.addEventListener("keydown", (event) => {
    const step = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.isComposing || (event.target.tagName === "SELECT" && event.key !== "Enter")) {
      return;
    }
    const row = rowOf(event.target);
    const column = columnOf(event.target);
    // Down from the last line leads to the button that goes on.
    const next = cell(row + step, column) ?? (event.key === "Enter" ? grid.closest("form").querySelector("button[data-grid-next]") : null);
    event.preventDefault();
    next?.focus();
    next?.select?.();
  });
  grid.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    const lines = text.replace(/\r\n?/g, "\n").replace(/\n$/, "").split("\n");
    if (event.target.tagName !== "INPUT" || (lines.length === 1 && !text.includes("\t"))) {
      return;
    }
    event.preventDefault();
    const row = rowOf(event.target);
    const column = columnOf(event.target);
    lines.forEach((line, down) =>
      line.split("\t").forEach((value, right) => {
        const field = cell(row + down, column + right);
        if (field) {
          field.value = value.trim();
        }
      }),
    );
  });
}
