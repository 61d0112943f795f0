// The message box: what is written is sent, comes back with the up arrow, and is completed while it is for the hub.
import { ask } from "./ask.js";
import { menu } from "./menu.js";
import { me } from "./people.js";
import { levers } from "./words.js";

const NO_MENU = { key: () => false, close: () => {}, isOpen: () => false };
const lines = []; // what was sent from this page, in either box

// place() is where it is said, or null; onSaid takes the message and what is answered to it.
export function writing(form, field, place, onSaid) {
  const offered = levers ? menu(field) : NO_MENU;
  let back = null; // which of the former lines stands in the box

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = field.value.trim(), at = place();
    if (!text || !at || form.getAttribute("aria-busy") === "true") return;
    offered.close();
    form.setAttribute("aria-busy", "true");
    const said = await ask("/playground/messages", { ...at, name: me(), text });
    form.removeAttribute("aria-busy");
    if (!said) return;
    if (lines.at(-1) !== text) lines.push(text);
    back = null;
    if (field.value.trim() === text) write("");
    onSaid(said, at);
  });
  field.addEventListener("input", () => grow(field));
  field.addEventListener("keydown", (event) => {
    if (offered.key(event)) return;
    // While Korean is being composed, Enter ends the syllable and not the message.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step && !event.isComposing && !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey) recall(step, event);
  });

  function recall(step, event) {
    const browsing = back !== null && field.value === lines[back];
    if (!browsing && (field.value || step > 0 || !lines.length)) return;
    event.preventDefault();
    const to = (browsing ? back : lines.length) + step;
    back = to >= lines.length ? null : Math.max(to, 0);
    write(back === null ? "" : lines[back]);
  }

  function write(text) {
    field.value = text;
    grow(field);
  }
}

// Puts words into the box, for somebody to send.
export function suggest(field, text) {
  field.value = text;
  field.focus();
  field.dispatchEvent(new Event("input"));
}

function grow(field) {
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight, 160)}px`;
}
