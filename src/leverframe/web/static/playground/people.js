// Who speaks: whoever is signed in, else whoever somebody chooses to be. In a demo some names stand ready.
import { person, remember, remembered, word } from "./words.js";

const choice = document.getElementById("person");
const field = document.getElementById("name");

export const me = () => person ?? (choice?.value || field.value.trim() || word("guest"));

export function startPeople(onChange) {
  if (person) return;
  let was = null;
  field.value = remembered("name");
  if (choice) {
    const kept = remembered("person");
    choice.value = [...choice.options].some((option) => option.value === kept) && (kept || field.value) ? kept : choice.options[0].value;
    choice.addEventListener("change", () => { remember("person", choice.value); changed(); if (!choice.value) field.focus(); });
  }
  field.addEventListener("change", () => { remember("name", field.value.trim()); changed(); });
  changed();

  function changed() {
    field.hidden = Boolean(choice?.value);
    if (was !== null && me() !== was) onChange();
    was = me();
  }
}
