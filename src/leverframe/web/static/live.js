// Shows a page as it is now: asks every few seconds whether it has changed, and puts the new part in place. Without it a reload does.
const PATIENCE_MS = 3000;
const region = () => document.querySelector("[data-live]");

function busy(part) {
  const at = document.activeElement;
  return at !== null && part.contains(at) && at.matches("input, select, textarea");
}

async function look() {
  const part = region();
  if (part === null || document.hidden || busy(part)) return;
  const answer = await fetch(part.dataset.from ?? location.href, { headers: { "If-None-Match": part.dataset.live, Accept: "text/html" }, cache: "no-store" });
  if (answer.status !== 200) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-live]");
  if (fresh === null || busy(part)) return;
  const open = new Set([...part.querySelectorAll("details[open]")].map((one) => one.id));
  for (const one of fresh.querySelectorAll("details")) one.open = one.open || open.has(one.id);
  part.replaceWith(fresh);
}

async function run() {
  try {
    await look();
  } catch {
    // The hub is away for a moment: ask again.
  }
  setTimeout(run, PATIENCE_MS);
}

// A page that answers a form stands under another address: it is not asked for again.
if (region() !== null && region().dataset.still === undefined) {
  setTimeout(run, PATIENCE_MS);
  document.addEventListener("visibilitychange", () => look().catch(() => undefined));
}
