// Lists: "all on this page" ticks the rows one sees, and the bar tells how many are ticked. Without scripts the box says
// the same to the server. While rows are fetched, their place says so to screen readers and to the eye.
// Not by form.id: the boxes are called "id", and would stand for the form's own.
const rowsOf = (form) => [...form.elements].filter((each) => each.name === "id");

function tell(form) {
  const rows = rowsOf(form);
  const ticked = rows.filter((row) => row.checked).length;
  const all = form.querySelector("[data-tick-all]");
  all.checked = rows.length > 0 && ticked === rows.length;
  all.indeterminate = ticked > 0 && ticked < rows.length;
  const count = form.querySelector("[data-tick-count]");
  count.textContent = ticked ? count.dataset.words.replace("{n}", ticked) : "";
}

document.addEventListener("change", (event) => {
  const box = event.target;
  if ("tickAll" in box.dataset) {
    for (const row of rowsOf(box.form)) {
      row.checked = box.checked;
    }
    tell(box.form);
  } else if (box.name === "id" && box.form?.querySelector("[data-tick-all]")) {
    tell(box.form);
  }
});

// A list that follows something of itself does so quietly, and not while somebody ticks rows or has something unfolded.
const follows = (event) => event.detail.elt?.getAttribute("hx-trigger")?.startsWith("every");
const isInUse = (list) => list?.querySelector('details[open], input[name="id"]:checked');

document.addEventListener("htmx:beforeRequest", (event) => {
  const list = event.detail.target;
  if (!follows(event)) {
    list?.setAttribute("aria-busy", "true");
  } else if (isInUse(list)) {
    event.preventDefault();
  }
});
document.addEventListener("htmx:afterRequest", (event) => event.detail.target?.removeAttribute("aria-busy"));
