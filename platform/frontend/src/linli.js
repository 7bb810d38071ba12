// What every page loads: htmx for searching and turning pages, and small courtesies. Every page works without it.
import htmx from "htmx.org";
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

// What is wrong with a form is where one begins to read; each fault says whose it is.
document.querySelector(".faults")?.focus();
for (const link of document.querySelectorAll(".faults a")) {
  const field = document.getElementById(link.hash.slice(1));
  const label = field?.labels?.[0] ?? field?.querySelector("legend");
  if (label) {
    link.textContent = `${label.firstChild.textContent.trim()}: ${link.textContent}`;
  }
}
