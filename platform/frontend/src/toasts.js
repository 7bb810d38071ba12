// Short messages of what scripts did: read out, told apart by more than colour, long enough to read, closed by a button.
const stand = document.getElementById("toast-stand");

/** The words of the page's language that the scripts speak in. */
export const words = stand?.dataset ?? {};

const SHORTEST = 8000;
const PER_CHARACTER = 120;
const MOST = 4;

function symbol(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${words.icons}#${name}`);
  svg.append(use);
  return svg;
}

/** A button that shows a symbol and says its name. */
export function symbolButton(name, label, className) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = className;
  button.setAttribute("aria-label", label);
  button.append(symbol(name));
  return button;
}

/** Say something; it stays while it is pointed at or focused, and a fault until it is closed. */
export function toast(message, tone = "done") {
  if (!stand || !message) {
    return;
  }
  for (const old of [...stand.children].slice(0, Math.max(0, stand.children.length - MOST + 1))) {
    old.remove();
  }
  const box = document.createElement("div");
  box.className = `toast toast-${tone}`;
  const text = document.createElement("span");
  text.textContent = message;
  const close = symbolButton("close", words.close, "toast-close");
  close.addEventListener("click", () => box.remove());
  box.append(symbol(tone === "done" ? "done" : "warning"), text, close);
  box.addEventListener("keydown", (event) => event.key === "Escape" && box.remove());
  stand.append(box);
  if (tone === "bad") {
    return;
  }
  const wait = Math.max(SHORTEST, message.length * PER_CHARACTER);
  const leave = () => (box.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : box.remove());
  setTimeout(leave, wait);
}
