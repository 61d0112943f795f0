// The list above the message box while somebody writes a line for the hub: https://www.w3.org/WAI/ARIA/apg/patterns/combobox/
import { quietly } from "./ask.js";
import { el } from "./build.js";
import { me } from "./people.js";
import { locale, word } from "./words.js";

const BEGINS = /^\s*(?:[/!](?!\s)|@leverframe\s)/i; // what the server takes for the beginning of a command
const PAUSE_MS = 90;

export function menu(field) {
  const list = el("ul", { class: "menu", id: `${field.id}-menu`, role: "listbox", "aria-label": word("commands"), "data-label": "commands" });
  list.hidden = true;
  field.closest("form").append(list);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) field.setAttribute(name, value);
  let offers = [];
  let at = -1; // the one that Enter takes; none, when nothing of the word is written yet
  let shownFor = null; // the text that the offers are for
  let timer = 0;
  let turn = 0; // an answer that comes after the list was closed is for nobody: the line may be on its way already

  function close() {
    clearTimeout(timer);
    turn += 1;
    offers = [];
    at = -1;
    shownFor = null;
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  }

  function refresh() {
    clearTimeout(timer);
    const text = field.value;
    if (!BEGINS.test(text) || field.selectionEnd !== text.length || text.includes("\n")) return close();
    timer = setTimeout(async () => {
      const asked = ++turn;
      const found = await quietly(`/playground/completions?${new URLSearchParams({ text, name: me() })}`);
      if (found && asked === turn && field.value === text && document.activeElement === field) show(text, found);
    }, PAUSE_MS);
  }

  function show(text, { offers: found, usage }) {
    const begun = text.slice(wordStart(text));
    const whole = found.some((offer) => same(offer.word, begun));
    offers = whole && found.length === 1 ? [] : found;
    shownFor = text;
    const rows = offers.map((offer, index) => el("li", { role: "option", id: `${list.id}-${index}`, "data-index": String(index), "aria-selected": "false" },
      el("b", {}, offer.usage ? mark(text) + offer.usage : offer.word), ...(offer.summary ? [el("span", {}, offer.summary)] : [])));
    if (usage) rows.push(el("li", { class: "usage", role: "presentation" }, mark(text) + usage));
    list.replaceChildren(...rows);
    list.hidden = !rows.length;
    field.setAttribute("aria-expanded", String(offers.length > 0));
    choose(begun && !whole && offers.length ? 0 : -1);
  }

  function choose(index) {
    at = index;
    for (const row of list.querySelectorAll("[role=option]")) row.setAttribute("aria-selected", String(row.dataset.index === String(at)));
    const row = at < 0 ? null : document.getElementById(`${list.id}-${at}`);
    if (row) { field.setAttribute("aria-activedescendant", row.id); row.scrollIntoView({ block: "nearest" }); } else field.removeAttribute("aria-activedescendant");
  }

  function accept(index) {
    const text = field.value;
    field.value = `${text.slice(0, wordStart(text))}${offers[index].word} `;
    close();
    field.focus();
    field.dispatchEvent(new Event("input"));
  }

  // The first of the offers that goes on as the word does by now.
  function stillMeant() {
    const text = field.value, start = wordStart(text);
    if (shownFor === null || wordStart(shownFor) !== start || !text.startsWith(shownFor)) return -1;
    return offers.findIndex((offer) => offer.word.toLowerCase().startsWith(text.slice(start).toLowerCase()));
  }

  // Returns whether the key was the menu's.
  function key(event) {
    if (list.hidden || event.isComposing || event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return false;
    const open = offers.length > 0 && shownFor === field.value;
    const quick = open ? Math.max(at, 0) : stillMeant(); // Tab may come before the offers for the last letters do
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") close();
    else if (open && step) choose(at < 0 && step < 0 ? offers.length - 1 : (at + step + offers.length) % offers.length);
    else if (event.key === "Tab" && quick >= 0) accept(quick);
    else if (open && event.key === "Enter" && at >= 0) accept(at);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  list.addEventListener("click", (event) => {
    const row = event.target.closest("[role=option]");
    if (row) accept(Number(row.dataset.index));
  });
  field.addEventListener("input", refresh);
  field.addEventListener("focus", refresh);
  field.addEventListener("blur", close);
  return { key, close, isOpen: () => !list.hidden && offers.length > 0 };
}

const mark = (text) => (/^\s*([/!])/.exec(text)?.[1] ?? "");
const same = (one, other) => one.localeCompare(other, locale, { sensitivity: "accent" }) === 0;

// Where the last word begins: after the last blank, or after the mark.
function wordStart(text) {
  const blank = text.search(/\S*$/);
  return blank + (/^\s*$/.test(text.slice(0, blank)) && /^[/!]/.test(text.slice(blank)) ? 1 : 0);
}
