// Pickers: from the search to what it found with the arrow keys; and the periods that filters offer.
import htmx from "htmx.org";

export function enhancePickers() {
  document.addEventListener("keydown", (event) => {
    const picker = event.target.closest?.("[data-picker]");
    if (!picker) {
      return;
    }
    const isSearch = event.target.matches("input[type=search]");
    if (isSearch && event.key === "ArrowDown") {
      const first = picker.querySelector("input[type=radio]:checked, input[type=radio]");
      if (first) {
        event.preventDefault();
        first.focus();
      }
    } else if (isSearch && event.key === "Enter") {
      // What is typed is being looked for; it must not send the whole form.
      event.preventDefault();
      htmx.trigger(event.target, "input");
    } else if (event.target.type === "radio" && event.key === "Escape") {
      event.preventDefault();
      picker.querySelector("input[type=search]")?.focus();
    }
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(".periods a[data-since]");
    const form = link?.closest("form");
    if (!form) {
      return;
    }
    event.preventDefault();
    const days = link.closest("[data-period]").querySelectorAll("input[type=date]");
    const since = days[0];
    const until = days[1];
    since.value = link.dataset.since;
    until.value = link.dataset.until;
    for (const each of link.closest("ul").querySelectorAll("[aria-current]")) {
      each.removeAttribute("aria-current");
    }
    link.setAttribute("aria-current", "true");
    const drop = link.closest("details");
    drop.open = false;
    drop.querySelector("summary").focus();
    since.dispatchEvent(new Event("change", { bubbles: true }));
  });
}
