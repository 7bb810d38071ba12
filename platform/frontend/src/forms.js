// Forms: what is wrong is said when a field is left, drafts are kept while one types, fields come and go with others.
import { toast, words } from "./toasts.js";

/** What a form would send, without files and without what nobody but its own button may send. */
function typed(form, changes = {}) {
  const data = new URLSearchParams();
  new FormData(form).forEach((value, name) => {
    if (typeof value === "string" && form.elements[name]?.type !== "password") {
      data.append(name, value);
    }
  });
  Object.keys(changes).forEach((name) => data.set(name, changes[name]));
  return data;
}

const post = (form, body, headers = {}, options = {}) =>
  fetch(form.getAttribute("action"), {
    method: "POST",
    body,
    headers: { accept: "application/json", ...headers },
    credentials: "same-origin",
    redirect: "manual",
    ...options,
  });

const wrapper = (field) => field.closest(".field");

function idOf(field) {
  const box = wrapper(field);
  return box?.matches("fieldset") && box.id ? box.id : field.id;
}

/** Show or take away what is wrong with a field, as the server's page would show it. */
function showFault(field, message) {
  const box = wrapper(field);
  const id = idOf(field);
  if (!box || !id || box.matches("[data-picker], [data-photos]")) {
    return;
  }
  const target = box.matches("fieldset") ? box : field;
  const described = new Set((target.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
  let line = document.getElementById(`${id}-fault`);
  if (message) {
    if (!line) {
      line = document.createElement("p");
      line.className = "fault";
      line.id = `${id}-fault`;
      box.append(line);
    }
    if (line.textContent.trim() !== message) {
      line.setAttribute("role", "alert");
      line.textContent = message;
    }
    described.add(line.id);
  } else if (line) {
    described.delete(line.id);
    line.remove();
  }
  box.classList.toggle("field-faulty", Boolean(message));
  if (described.size) {
    target.setAttribute("aria-describedby", [...described].join(" "));
  } else {
    target.removeAttribute("aria-describedby");
  }
  if (target === field) {
    message ? field.setAttribute("aria-invalid", "true") : field.removeAttribute("aria-invalid");
  }
}

let pressing = Promise.resolve();
let letGo = () => {};

// A button that moves from under the finger between press and release is not pressed at all.
addEventListener(
  "pointerdown",
  () => {
    letGo();
    pressing = new Promise((resolve) => (letGo = resolve));
  },
  true,
);
for (const end of ["pointerup", "pointercancel", "blur"]) {
  // The click comes first.
  addEventListener(end, (event) => (end !== "blur" || event.target === window) && setTimeout(letGo), true);
}

const isChecked = (field) =>
  field.name && !field.name.startsWith("_") && !["password", "file", "hidden", "search"].includes(field.type);

function checkWhenLeft(form) {
  const changed = new Set();
  let running = 0;
  form.addEventListener("input", (event) => changed.add(event.target.name));
  form.addEventListener("change", (event) => changed.add(event.target.name));
  form.addEventListener("focusout", async (event) => {
    const field = event.target;
    // Within a group of choices nothing is left yet.
    const isInside = field.type === "radio" && event.relatedTarget?.name === field.name;
    if (!isChecked(field) || isInside || !(changed.has(field.name) || wrapper(field)?.matches(".field-faulty"))) {
      return;
    }
    const turn = ++running;
    try {
      const answer = await post(form, typed(form), { "x-form-check": field.name });
      const faults = answer.ok ? (await answer.json()).faults : null;
      await pressing;
      if (faults && turn === running && !form.dataset.sent) {
        showFault(field, faults[field.name] ?? "");
        // What was wrong before may have become right with this one; nothing else is told before it is left.
        for (const other of form.querySelectorAll(".field-faulty [name]")) {
          if (isChecked(other) && !faults[other.name]) {
            showFault(other, "");
          }
        }
      }
    } catch {
      // It is checked again when it is sent.
    }
  });
}

const PAUSE = 1500;
const LONGEST = 10000;

function keepDrafts(form) {
  const told = document.createElement("p");
  told.className = "draft-told";
  told.setAttribute("role", "status");
  form.append(told);
  let kept = typed(form).toString();
  let timer = 0;
  let since = 0;
  let isBroken = false;
  const save = async (options = {}) => {
    clearTimeout(timer);
    since = 0;
    const now = typed(form).toString();
    if (form.dataset.sent || now === kept) {
      return;
    }
    try {
      const answer = await post(form, typed(form, { _draft: "save" }), {}, options);
      const isJson = answer.headers.get("content-type")?.includes("json");
      if (!answer.ok) {
        throw new Error(isJson ? ((await answer.json()).detail ?? "") : "");
      }
      kept = now;
      isBroken = false;
      told.textContent = (await answer.json()).told;
    } catch (error) {
      // Said once: a message with every letter would only be in the way.
      if (!isBroken) {
        toast(error instanceof TypeError ? words.unkept : error.message || words.unkept, "warning");
      }
      isBroken = true;
    }
  };
  form.addEventListener("input", (event) => {
    if (event.target.type === "password" || event.target.type === "file") {
      return;
    }
    clearTimeout(timer);
    since ||= Date.now();
    timer = setTimeout(save, Date.now() - since > LONGEST ? 0 : PAUSE);
  });
  form.addEventListener("submit", () => clearTimeout(timer));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") {
      save({ keepalive: true });
    }
  });
}

function valuesOf(form, name) {
  const found = new FormData(form).getAll(name).map((value) => String(value).trim());
  return found.length ? found : [""];
}

function hangFields(form) {
  const fields = [...form.querySelectorAll("[data-when]")];
  if (!fields.length) {
    return;
  }
  for (const line of form.querySelectorAll(".when-told")) {
    line.hidden = true;
  }
  const settle = () => {
    // Twice, for a field may hang on one that hangs on another.
    for (let turn = 0; turn < 2; turn += 1) {
      for (const box of fields) {
        const wanted = JSON.parse(box.dataset.whenIs);
        const isAsked = valuesOf(form, box.dataset.when).some((value) => wanted.includes(value));
        box.hidden = !isAsked;
        for (const field of box.querySelectorAll("input, select, textarea, button")) {
          field.disabled = !isAsked;
        }
        if (box.matches("fieldset")) {
          box.disabled = !isAsked;
        }
      }
    }
  };
  form.addEventListener("change", settle);
  form.addEventListener("input", settle);
  settle();
}

/** A form that came back: each fault of the list says whose it is, and the first faulty field is where one goes on. */
function showFaults(root) {
  const list = root.querySelector(".faults");
  if (!list) {
    return;
  }
  for (const link of list.querySelectorAll("a")) {
    const field = document.getElementById(link.hash.slice(1));
    const label = field?.labels?.[0] ?? field?.querySelector("legend");
    if (label) {
      link.textContent = `${label.firstChild.textContent.trim()}: ${link.textContent}`;
      link.addEventListener("click", (event) => {
        event.preventDefault();
        focusOn(field);
      });
    }
  }
  const first = document.querySelector(".field-faulty");
  if (first) {
    focusOn(first);
  } else {
    list.focus();
  }
}

function focusOn(field) {
  const target = field.matches("input, select, textarea")
    ? field
    : field.querySelector("[aria-invalid=true], input:checked, input:not([type=hidden]), select, textarea");
  (target ?? field).focus({ preventScroll: true });
  (target ?? field).scrollIntoView({ block: "center" });
}

export function enhanceForms(root) {
  for (const form of root.querySelectorAll("form[data-check]")) {
    if (form.dataset.isEnhanced) {
      continue;
    }
    form.dataset.isEnhanced = "yes";
    hangFields(form);
    checkWhenLeft(form);
    if ("draft" in form.dataset) {
      keepDrafts(form);
    }
  }
  showFaults(root);
}
