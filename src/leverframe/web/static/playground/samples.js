// The bar of sample events, and what the hub's door answered to the last one.
import { ask } from "./ask.js";
import { el } from "./build.js";
import { word } from "./words.js";

const chips = document.getElementById("chips");
const line = document.getElementById("answer");
let last = null;
let sentAt = 0;

export const sampleSentAt = () => sentAt;

export function startSamples() {
  if (!chips) return;
  chips.addEventListener("click", (event) => {
    const chip = event.target.closest("button");
    if (chip) send(chip.dataset.sample);
  });
  line.addEventListener("click", (event) => {
    if (event.target.closest("[data-again]")) send(last.sample, true);
  });
  // One stop of the Tab key for the whole bar; arrows move within it (https://www.w3.org/WAI/ARIA/apg/patterns/toolbar/).
  chips.addEventListener("keydown", (event) => {
    const all = [...chips.children];
    const at = all.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    focus(all, all[(to + all.length) % all.length]);
  });
  chips.addEventListener("focusin", (event) => {
    for (const chip of chips.children) chip.tabIndex = chip === event.target ? 0 : -1;
  });
}

function focus(all, chosen) {
  for (const chip of all) chip.tabIndex = chip === chosen ? 0 : -1;
  chosen.focus();
}

async function send(name, again = false) {
  const chip = chips.querySelector(`[data-sample="${CSS.escape(name)}"]`);
  if (chip.getAttribute("aria-busy") === "true") return;
  chip.setAttribute("aria-busy", "true");
  sentAt = Date.now();
  last = { ...(await ask(`/playground/samples/${encodeURIComponent(name)}`, { again })), sample: name };
  chip.removeAttribute("aria-busy");
  showAnswer();
}

export function showAnswer() {
  if (!last?.status) return;
  const taken = last.event !== null;
  const state = !taken ? "refused" : last.duplicate ? "duplicate" : "accepted";
  const parts = [el("span", { class: `status ${state}` }, String(last.status)), el("b", {}, word(state))];
  if (taken) {
    parts.push(
      el("a", { href: `/console/events/${encodeURIComponent(last.event)}`, "data-inside": "", title: word("open_event") }, el("code", {}, last.event)),
      el("span", { class: "quiet" }, last.duplicate ? word("duplicate_hint") : `${last.sample} · ${last.elapsed_ms} ms`),
      el("button", { type: "button", "data-again": "" }, word("again")),
    );
  } else {
    parts.push(el("code", {}, last.code ?? ""), el("span", { class: "quiet" }, last.remedy ?? ""));
  }
  line.replaceChildren(...parts);
}
