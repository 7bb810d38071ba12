// The calendar of a day's field: a month from the server with 休 and 班, by mouse and by keyboard. The field stays typed in.
import { symbolButton, toast, words } from "./toasts.js";

let open = null;

function close(isBack = true) {
  if (!open) {
    return;
  }
  const closed = open;
  open = null;
  closed.box.remove();
  closed.button.setAttribute("aria-expanded", "false");
  if (isBack) {
    closed.button.focus();
  }
}

function choose(input, day) {
  input.value = day;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
  close();
}

const iso = (date) => date.toISOString().slice(0, 10);
const moved = (day, days) => iso(new Date(Date.parse(`${day}T00:00:00Z`) + days * 86400000));

function monthsOn(day, months) {
  const from = new Date(`${day}T00:00:00Z`);
  const year = from.getUTCFullYear();
  const month = from.getUTCMonth() + months;
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return iso(new Date(Date.UTC(year, month, Math.min(from.getUTCDate(), last))));
}

const weekday = (day) => (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7;

const STEPS = {
  ArrowLeft: (day) => moved(day, -1),
  ArrowRight: (day) => moved(day, 1),
  ArrowUp: (day) => moved(day, -7),
  ArrowDown: (day) => moved(day, 7),
  Home: (day) => moved(day, -weekday(day)),
  End: (day) => moved(day, 6 - weekday(day)),
  PageUp: (day, isShift) => monthsOn(day, isShift ? -12 : -1),
  PageDown: (day, isShift) => monthsOn(day, isShift ? 12 : 1),
};

async function show(input, box, day, isFocused = true) {
  const query = new URLSearchParams({ ...(day ? { month: day } : {}), ...(input.value ? { chosen: input.value } : {}) });
  const answer = await fetch(`${input.dataset.days}?${query}`, { credentials: "same-origin", redirect: "manual" });
  if (!answer.ok) {
    throw new Error(String(answer.status));
  }
  const text = await answer.text();
  if (!box.isConnected) {
    // Closed while it was on its way.
    return;
  }
  const page = new DOMParser().parseFromString(text, "text/html");
  box.replaceChildren(...page.body.childNodes);
  for (const button of box.querySelectorAll(".days-day")) {
    button.disabled =
      (Boolean(input.min) && button.dataset.day < input.min) || (Boolean(input.max) && button.dataset.day > input.max);
  }
  const marked =
    (day && box.querySelector(`.days-day[data-day="${day}"]`)) ||
    box.querySelector("[aria-pressed]") ||
    box.querySelector("[aria-current]") ||
    box.querySelector(".days-day:not(.days-outside)");
  if (marked) {
    marked.tabIndex = 0;
    if (isFocused) {
      marked.focus();
    }
  }
}

function onKey(event, input, box) {
  if (event.key === "Tab") {
    keepInside(event, box);
    return;
  }
  const day = event.target.dataset?.day;
  const step = STEPS[event.key];
  if (!step || !event.target.matches(".days-day")) {
    return;
  }
  event.preventDefault();
  const to = step(day, event.shiftKey);
  const there = box.querySelector(`.days-day[data-day="${to}"]:not(.days-outside)`);
  if (there) {
    event.target.tabIndex = -1;
    there.tabIndex = 0;
    there.focus();
  } else {
    show(input, box, to).catch(() => toast(words.offline, "bad"));
  }
}

function keepInside(event, box) {
  const stops = [...box.querySelectorAll("button:not([disabled])")].filter((each) => each.tabIndex === 0);
  const first = stops[0];
  const last = stops[stops.length - 1];
  if (event.shiftKey && event.target === first) {
    event.preventDefault();
    last.focus();
  } else if (!event.shiftKey && event.target === last) {
    event.preventDefault();
    first.focus();
  }
}

async function openAt(input, button) {
  const box = document.createElement("div");
  box.className = "days-box";
  box.setAttribute("role", "dialog");
  box.setAttribute("aria-modal", "true");
  box.setAttribute("aria-label", words.chooseDay);
  button.parentElement.append(box);
  button.setAttribute("aria-expanded", "true");
  open = { box, button, input };
  box.addEventListener("keydown", (event) => onKey(event, input, box));
  box.addEventListener("click", (event) => {
    const pressed = event.target.closest("button");
    if (!pressed) {
      return;
    }
    if (pressed.dataset.month) {
      const at = [...box.querySelectorAll("[data-month]")].indexOf(pressed);
      show(input, box, pressed.dataset.month, false).then(
        () => box.querySelectorAll("[data-month]")[at]?.focus(),
        () => toast(words.offline, "bad"),
      );
    } else if ("close" in pressed.dataset) {
      close();
    } else {
      choose(input, pressed.dataset.day);
    }
  });
  try {
    await show(input, box, input.value);
  } catch {
    close();
    toast(words.offline, "bad");
  }
}

document.addEventListener("click", (event) => {
  if (open && !open.box.parentElement.contains(event.target) && document.contains(event.target)) {
    close(false);
  }
});

export function enhanceDays(root) {
  for (const input of root.querySelectorAll("input[data-days]")) {
    if (input.parentElement.matches(".days-field")) {
      continue;
    }
    // Asked before it leaves the page for a moment: outside it has no label.
    const label = input.labels?.[0]?.firstChild?.textContent.trim();
    const field = document.createElement("div");
    field.className = "days-field";
    input.replaceWith(field);
    const button = symbolButton("calendar", label ? `${words.calendar}: ${label}` : words.calendar, "days-open");
    button.setAttribute("aria-haspopup", "dialog");
    button.setAttribute("aria-expanded", "false");
    field.append(input, button);
    // Also while the month is still on its way, and nothing in it can be focused.
    field.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && open?.input === input) {
        event.preventDefault();
        event.stopPropagation();
        close();
      }
    });
    button.addEventListener("click", () => {
      const isOpen = open?.input === input;
      close(isOpen);
      if (!isOpen) {
        openAt(input, button);
      }
    });
  }
}
