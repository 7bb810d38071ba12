// Photos: several from the camera or the phone, seen before they are sent, judged before they are sent, and how far they are.
import { toast, symbolButton, words } from "./toasts.js";

const KINDS = ["image/jpeg", "image/png", "image/webp"];

function enhance(box) {
  const inputs = [...box.querySelectorAll("input[type=file]")];
  const list = box.querySelector(".photos-chosen");
  const sent = inputs[inputs.length - 1];
  const most = Number(box.dataset.most);
  const largest = Number(box.dataset.max);
  let chosen = [];

  const settle = () => {
    const transfer = new DataTransfer();
    chosen.forEach((file) => transfer.items.add(file));
    sent.files = transfer.files;
    list.replaceChildren(...chosen.map(shown));
  };

  const shown = (file, n) => {
    const item = document.createElement("li");
    const picture = document.createElement("img");
    picture.alt = file.name;
    picture.width = picture.height = 96;
    // The content security policy shows no blobs, which are addresses that scripts make up.
    const reader = new FileReader();
    reader.addEventListener("load", () => {
      picture.src = reader.result;
    });
    reader.readAsDataURL(file);
    const remove = symbolButton("close", `${words.remove} ${file.name}`, "photos-remove");
    remove.addEventListener("click", () => {
      chosen = chosen.filter((_each, at) => at !== n);
      settle();
      (list.querySelector("button") ?? sent).focus();
    });
    item.append(picture, remove);
    return item;
  };

  const take = (input) => {
    const wrong = [];
    const good = [...input.files].filter((file) => {
      const fault = !KINDS.includes(file.type) ? words.wrongKind : file.size > largest ? words.tooLarge : "";
      if (fault) {
        wrong.push(`${file.name}: ${fault}`);
      }
      return !fault;
    });
    chosen = [...chosen, ...good];
    if (chosen.length > most) {
      wrong.push(words.tooMany);
      chosen = chosen.slice(0, most);
    }
    if (input !== sent) {
      input.value = "";
    }
    settle();
    wrong.forEach((each) => toast(each, "warning"));
  };
  inputs.forEach((input) => input.addEventListener("change", () => take(input)));
}

/** Send a form with files and show how far it is; the answer is shown as if the browser had sent it. */
function sendWithProgress(event) {
  const form = event.target;
  const files = [...form.querySelectorAll("input[type=file]")].some((input) => input.files.length);
  const isElsewhere = form.target || event.submitter?.hasAttribute("formaction");
  if (event.defaultPrevented || !files || isElsewhere || !form.matches("form[data-check]")) {
    return;
  }
  event.preventDefault();
  if (form.dataset.sent) {
    return;
  }
  form.dataset.sent = "yes";
  event.submitter?.setAttribute("aria-disabled", "true");
  const data = new FormData(form);
  if (event.submitter?.name) {
    data.append(event.submitter.name, event.submitter.value);
  }
  const line = document.createElement("div");
  line.className = "progress-line";
  const label = document.createElement("span");
  label.textContent = words.sending;
  const bar = document.createElement("progress");
  bar.className = "progress";
  bar.max = 100;
  bar.setAttribute("aria-label", words.sending);
  line.append(label, bar);
  form.append(line);
  const request = new XMLHttpRequest();
  request.open("POST", form.getAttribute("action"));
  request.setRequestHeader("x-form-progress", "1");
  request.upload.addEventListener("progress", (told) => {
    if (told.lengthComputable) {
      bar.value = (told.loaded / told.total) * 100;
    }
  });
  const giveBack = () => {
    line.remove();
    delete form.dataset.sent;
    event.submitter?.removeAttribute("aria-disabled");
    toast(words.offline, "bad");
  };
  request.addEventListener("error", giveBack);
  request.addEventListener("timeout", giveBack);
  request.addEventListener("load", () => {
    const to = request.getResponseHeader("x-form-to");
    if (to) {
      location.assign(to);
      return;
    }
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const main = page.querySelector("main");
    const here = document.querySelector("main");
    if (!main || !here) {
      form.submit();
      return;
    }
    here.replaceWith(main);
    document.dispatchEvent(new CustomEvent("linli:page", { detail: main }));
  });
  request.send(data);
}

export function enhancePhotos(root) {
  for (const box of root.querySelectorAll("[data-photos]")) {
    if (!box.dataset.isEnhanced) {
      box.dataset.isEnhanced = "yes";
      enhance(box);
    }
  }
}

document.addEventListener("submit", sendWithProgress);
