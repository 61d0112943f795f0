// A form of the hub's, as a dialog. Labels, hints and errors are the hub's words.
import { ask } from "./ask.js";
import { el } from "./build.js";
import { me } from "./people.js";
import { word } from "./words.js";

export const formIsOpen = () => document.querySelector("dialog[open]") !== null;

// place is where it was asked for; hear takes what is answered.
export function openForm(form, place, hear) {
  const name = me(); // whoever opened it sends it
  let attempt = 0;
  const fields = form.fields.map((field) => row(field));
  const wrong = el("p", { class: "wrong", role: "alert", hidden: "" });
  const cancel = el("button", { type: "button" }, form.cancel);
  const send = el("button", { type: "submit", class: "primary" }, form.submit);
  const body = el("form", { autocomplete: "off" }, el("h2", { id: "form-title" }, form.title), ...fields.map((field) => field.node), wrong, el("footer", {}, cancel, send));
  const dialog = el("dialog", { class: "form", "aria-labelledby": "form-title", "data-form": form.id }, body);

  cancel.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  body.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (send.disabled) return;
    send.disabled = true;
    const values = Object.fromEntries(fields.map((field) => [field.name, field.input.value]));
    const sent = { ...place, name, form: form.id, context: form.context, opening: form.opening, attempt, fields: values };
    const said = await ask("/playground/forms", sent, (problem) => tell([problem.title, problem.remedy, problem.detail]));
    send.disabled = false;
    if (!said) return;
    attempt += 1;
    const errors = said.answer.errors;
    if (!Object.keys(errors).length) {
      dialog.close();
      hear(said.answer, place);
      return;
    }
    const known = new Set(fields.map((field) => field.name));
    for (const field of fields) field.tell(errors[field.name] ?? "");
    tell(Object.entries(errors).filter(([key]) => !known.has(key)).map(([, words]) => words));
    fields.find((field) => errors[field.name])?.input.focus();
  });

  function tell(words) {
    wrong.textContent = words.filter(Boolean).join(" ");
    wrong.hidden = !wrong.textContent;
  }

  document.querySelector("dialog.form")?.remove(); // one at a time
  document.body.append(dialog);
  dialog.showModal();
}

function row(field) {
  const id = `field-${field.name}`;
  const common = { id, required: field.required ? "" : null, "aria-describedby": `${id}-hint ${id}-error` };
  let input;
  if (field.choices.length) {
    input = el("select", common);
    if (!field.required || !field.value) input.append(el("option", { value: "" }, field.required ? word("choose") : "—"));
    input.append(...field.choices.map((choice) => el("option", { value: choice.value }, choice.label)));
  } else {
    input = el(field.multiline ? "textarea" : "input", { ...common, maxlength: field.max_length, ...(field.multiline ? { rows: 3 } : { type: "text" }) });
  }
  input.value = field.value;
  const error = el("small", { class: "error", id: `${id}-error`, role: "alert" });
  const label = el("label", { for: id }, field.label);
  if (!field.required) label.append(" ", el("i", {}, word("optional")));
  const node = el("div", { class: "field" }, label, input, ...(field.hint ? [el("small", { id: `${id}-hint` }, field.hint)] : []), error);
  return { name: field.name, node, input, tell: (words) => { error.textContent = words; input.setAttribute("aria-invalid", String(Boolean(words))); } };
}
