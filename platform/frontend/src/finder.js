// Search while one types, and the command palette: choosing by keyboard, opening dialogs, keys that lead to pages.
// The lists themselves come from the server. Nothing that anybody searched for is kept in the browser.

/** Whether single letters act as keys; a person's choice on this machine, and nothing about anybody. */
const KEYS = "linli.keys";
/** Milliseconds within which the second key of two has to follow. */
const TOGETHER = 1500;

const optionsOf = (finder) => [...finder.querySelectorAll('[role="option"]')];
const inputOf = (finder) => finder.querySelector('[role="combobox"]');
const frameOf = (finder) => finder.querySelector(".hits-frame");

function choose(finder, option) {
  const input = inputOf(finder);
  for (const each of optionsOf(finder)) {
    each.setAttribute("aria-selected", String(each === option));
  }
  if (option) {
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else {
    input.removeAttribute("aria-activedescendant");
  }
}

const chosen = (finder) => finder.querySelector('[role="option"][aria-selected="true"]');

function unfold(finder, isOpen) {
  const frame = frameOf(finder);
  frame.hidden = !isOpen;
  inputOf(finder).setAttribute("aria-expanded", String(isOpen && optionsOf(finder).length > 0));
  if (!isOpen) {
    choose(finder, null);
  }
}

/** A new list: its options get names, the count is said, and where Enter means the first one it is marked. */
function settle(finder) {
  const input = inputOf(finder);
  const list = finder.querySelector('[role="listbox"]');
  const options = optionsOf(finder);
  if (list) {
    list.id = input.getAttribute("aria-controls");
  }
  options.forEach((option, n) => {
    option.id = `${input.id}-${n}`;
  });
  const status = finder.querySelector('[role="status"]');
  const said = options.length ? status.dataset.count.replace("{n}", options.length) : status.dataset.none;
  status.textContent = input.value.trim() ? said : "";
  const isEager = "eager" in finder.dataset;
  unfold(finder, isEager || (input.value.trim() !== "" && finder.contains(document.activeElement)));
  choose(finder, isEager && input.value.trim() ? options[0] : null);
}

function move(finder, step) {
  const options = optionsOf(finder);
  if (!options.length) {
    return;
  }
  unfold(finder, true);
  const at = options.indexOf(chosen(finder));
  const next = at < 0 ? (step > 0 ? 0 : options.length - 1) : (at + step + options.length) % options.length;
  choose(finder, options[next]);
}

for (const finder of document.querySelectorAll("[data-finder]")) {
  const input = inputOf(finder);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) {
      // The input method still chooses characters.
      return;
    }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(finder, event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && chosen(finder)) {
      event.preventDefault();
      chosen(finder).click();
    } else if (event.key === "Escape" && "eager" in finder.dataset) {
      // A search field would take the first press for emptying itself.
      event.preventDefault();
      shut(finder.closest("dialog"));
    } else if (event.key === "Escape" && !frameOf(finder).hidden) {
      event.preventDefault();
      event.stopPropagation();
      unfold(finder, false);
    }
  });
  input.addEventListener("input", () => choose(finder, null));
  frameOf(finder).addEventListener("htmx:afterSwap", () => settle(finder));
  // Options stay out of the order of Tab; pressing one must not take the list away before it is followed.
  frameOf(finder).addEventListener("mousedown", (event) => event.preventDefault());
  if (!("eager" in finder.dataset)) {
    input.addEventListener("focus", () => unfold(finder, input.value.trim() !== "" && optionsOf(finder).length > 0));
    finder.addEventListener("focusout", (event) => {
      if (!finder.contains(event.relatedTarget)) {
        unfold(finder, false);
      }
    });
  }
}

/** What had the focus before a dialog took it. */
const before = new WeakMap();

function open(dialog) {
  if (!dialog?.showModal) {
    return false;
  }
  const other = document.querySelector("dialog[open]");
  const from = other ? before.get(other) : document.activeElement;
  if (other && other !== dialog) {
    before.delete(other);
    other.close();
  }
  if (!dialog.open) {
    before.set(dialog, from);
    dialog.showModal();
  }
  const input = dialog.querySelector('[role="combobox"]');
  if (input) {
    input.value = "";
    input.focus();
    input.dispatchEvent(new Event("finder"));
  }
  return true;
}

function giveBack(dialog) {
  const from = before.get(dialog);
  before.delete(dialog);
  if (from && from !== document.body) {
    from.focus();
  } else if (dialog.contains(document.activeElement)) {
    // Until the next frame a closed dialog keeps the focus, and the next key would count as typed into it.
    document.activeElement.blur();
  }
}

function shut(dialog) {
  dialog.close();
  giveBack(dialog);
}

for (const dialog of document.querySelectorAll("dialog.palette")) {
  dialog.addEventListener("close", () => giveBack(dialog));
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-closes]")) {
      shut(dialog);
    }
  });
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  const isPlain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
  if (opener && isPlain && open(document.getElementById(opener.dataset.opens))) {
    event.preventDefault();
  }
});

function keysAreOn() {
  try {
    return localStorage.getItem(KEYS) !== "off";
  } catch {
    return true;
  }
}

const keysSwitch = document.querySelector("[data-keys-switch]");
if (keysSwitch) {
  keysSwitch.checked = keysAreOn();
  keysSwitch.addEventListener("change", () => {
    try {
      localStorage.setItem(KEYS, keysSwitch.checked ? "on" : "off");
    } catch {
      // Without storage the choice lasts as long as the page.
    }
  });
}

const isTyping = (target) => target.closest?.("input, textarea, select, [contenteditable]") !== null;
let begun = 0;

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.altKey) {
    return;
  }
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "k") {
    const palette = document.getElementById("palette");
    if (palette?.open) {
      event.preventDefault();
      shut(palette);
    } else if (open(palette)) {
      event.preventDefault();
    }
    return;
  }
  const hasKeys = keysSwitch ? keysSwitch.checked : false;
  if (event.ctrlKey || event.metaKey || isTyping(event.target) || !hasKeys || document.querySelector("dialog[open]")) {
    begun = 0;
    return;
  }
  if (event.key === "?") {
    event.preventDefault();
    open(document.getElementById("keys"));
  } else if (event.key === "g" && !event.repeat) {
    begun = event.timeStamp;
  } else if (begun && event.timeStamp - begun < TOGETHER) {
    begun = 0;
    document.querySelector(`[data-go="${CSS.escape(event.key)}"]`)?.click();
  } else {
    begun = 0;
  }
});
