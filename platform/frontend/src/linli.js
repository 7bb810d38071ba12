// What every page loads: htmx, and the token without which the server refuses a change.
import htmx from "htmx.org";

// The content security policy allows neither evaluated code nor styles written into the page.
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;

document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector('meta[name="csrf-token"]')?.content;
  if (token) {
    event.detail.headers["X-CSRF-Token"] = token;
  }
});
