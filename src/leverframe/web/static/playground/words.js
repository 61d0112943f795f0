// The page's own words, times and numbers, in the language chosen.
const boot = JSON.parse(document.getElementById("boot").textContent);
export const { person, csrf, levers } = boot;
export let locale = boot.words[remembered("locale")] ? remembered("locale") : boot.locale;

export function remembered(key) {
  try { return localStorage.getItem(`leverframe.${key}`) ?? ""; } catch { return ""; } // storage can be switched off
}

export function remember(key, value) {
  try { localStorage.setItem(`leverframe.${key}`, value); } catch { /* then it lasts as long as the page */ }
}

export function word(key, values = {}) {
  return boot.words[locale][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export function speak(chosen) {
  locale = chosen;
  remember("locale", chosen);
  translate();
}

// Puts the words of the language into the frame that the server made.
export function translate() {
  document.documentElement.lang = locale;
  document.title = `${word("title")} · Leverframe`;
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = word(node.dataset.word);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", word(node.dataset.label));
  for (const node of document.querySelectorAll("[data-placeholder]")) node.placeholder = word(node.dataset.placeholder);
  for (const node of document.querySelectorAll("[data-sample]")) node.textContent = node.dataset[locale];
  document.getElementById("tongue").hidden = locale === boot.locale;
  document.getElementById("languages").setAttribute("aria-label", word("language"));
  for (const node of document.querySelectorAll("#languages button")) node.setAttribute("aria-pressed", String(node.dataset.locale === locale));
}

const formats = new Map();
function format(instant, options) {
  const key = locale + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale, { timeZone: boot.timezone, ...options }));
  return formats.get(key).format(instant);
}

export const clock = (instant) => format(instant, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
export const fullTime = (instant) => format(instant, { dateStyle: "full", timeStyle: "long" });
const dayKey = (instant) => format(instant, { year: "numeric", month: "2-digit", day: "2-digit" });

export function sameDay(one, other) { return dayKey(one) === dayKey(other); }

export function day(instant) {
  const now = Date.now();
  if (sameDay(instant, now)) return word("today");
  if (sameDay(instant, now - 86400000)) return word("yesterday");
  return format(instant, { month: "long", day: "numeric", weekday: "long" });
}
