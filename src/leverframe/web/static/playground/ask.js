// Requests to the hub. A refusal is shown with its remedy; nothing is retried by itself.
import { csrf, locale, word } from "./words.js";
import { el } from "./build.js";

// refused takes the problem document; without it, it shows for some seconds.
export async function ask(path, body, refused = (problem) => toast(problem.title, problem.remedy, problem.detail)) {
  const headers = { Accept: "application/json", "Accept-Language": locale };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (csrf) headers["X-CSRF-Token"] = csrf;
  let answer;
  try {
    answer = await fetch(path, { method: body === undefined ? "GET" : "POST", headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    refused({ title: word("unreachable"), remedy: word("unreachable_hint") });
    return null;
  }
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return said;
  refused({ title: `${answer.status} ${answer.statusText}`, ...said });
  return null;
}

// For what nobody asked for: when it fails, there is nothing to tell.
export const quietly = (path) => ask(path, undefined, () => {});

let hiding = 0;
function toast(title, remedy = "", detail = "") {
  const node = document.getElementById("toast");
  node.replaceChildren(el("b", {}, title), ...(remedy ? [el("span", {}, remedy)] : []), ...(detail ? [el("small", {}, detail)] : []));
  node.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => { node.hidden = true; }, 7000);
}
