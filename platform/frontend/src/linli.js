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
