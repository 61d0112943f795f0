// Requests to the hub. A refusal is shown with its remedy; nothing is retried by itself.
import { csrf, locale, word } from "./words.js";
import { el } from "./build.js";

export async function ask(path, body) {
  const headers = { Accept: "application/json", "Accept-Language": locale };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (csrf) headers["X-CSRF-Token"] = csrf;
  let answer;
  try {
    answer = await fetch(path, { method: body === undefined ? "GET" : "POST", headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    toast(word("unreachable"), word("unreachable_hint"));
    return null;
  }
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return said;
  toast(said.title ?? `${answer.status} ${answer.statusText}`, said.remedy ?? "", said.detail ?? "");
  return null;
}

let hiding = 0;
function toast(title, remedy, detail = "") {
  const node = document.getElementById("toast");
  node.replaceChildren(el("b", {}, title), ...(remedy ? [el("span", {}, remedy)] : []), ...(detail ? [el("small", {}, detail)] : []));
  node.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => { node.hidden = true; }, 7000);
}
