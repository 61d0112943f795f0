// Editing an entry: its text is shown as people will see it while it is written, files and marks are added in place, and what was not saved is
// kept in this tab. Without it, buttons do.
const token = document.querySelector("[name=csrf]")?.value ?? "";
const WAIT_MS = 350;

function preview(area) {
  const pane = document.createElement("section");
  pane.className = "preview";
  const head = document.createElement("h2");
  head.textContent = document.getElementById("preview-title").content.textContent;
  const shown = document.createElement("div");
  shown.className = "rendered";
  pane.append(head, shown);
  area.closest(".field").append(pane);
  let waiting = 0, asked = 0;
  const draw = async () => {
    const number = ++asked;
    const answer = await fetch(area.dataset.preview, { method: "POST", headers: { "X-CSRF-Token": token }, body: new URLSearchParams({ text: area.value }) });
    if (answer.ok && number === asked) shown.innerHTML = await answer.text();  // what the hub has made harmless
  };
  area.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => draw().catch(() => undefined), WAIT_MS);
  });
  draw().catch(() => undefined);
}

function put(area, from, to, text) {
  area.focus();
  area.setSelectionRange(from, to);
  if (!document.execCommand("insertText", false, text)) area.setRangeText(text, from, to, "end");  // the former can be undone
}

function tools(area) {
  const bar = document.getElementById("markdown-tools").content.firstElementChild.cloneNode(true);
  bar.addEventListener("click", (event) => {
    const { around, line, link } = event.target.closest("button")?.dataset ?? {};
    const from = area.selectionStart, to = area.selectionEnd, chosen = area.value.slice(from, to);
    if (around !== undefined) {
      put(area, from, to, around + chosen + around);
      area.setSelectionRange(from + around.length, to + around.length);
    } else if (line !== undefined) {
      const start = area.value.lastIndexOf("\n", from - 1) + 1;
      put(area, start, to, area.value.slice(start, to).split("\n").map((one) => line + one).join("\n"));
    } else if (link !== undefined) {
      put(area, from, to, `[${chosen || link}](https://)`);
      area.setSelectionRange(area.selectionEnd - 1, area.selectionEnd - 1);
    }
  });
  area.before(bar);
}

async function send(area, file, told) {
  told.textContent = area.dataset.busy;
  const form = new FormData();
  form.append("csrf", token);
  form.append("file", file, file.name);
  const answer = await fetch(area.dataset.upload, { method: "POST", headers: { Accept: "application/json" }, body: form });
  const said = await answer.json();
  told.textContent = answer.ok ? "" : `${said.title} ${said.remedy}`;
  if (!answer.ok) return;
  if (area.matches("textarea")) {
    const text = file.type.startsWith("image/") ? `![](${said.address})` : `[${file.name.replace(/[[\]\\]/g, "\\$&")}](${said.address})`;
    const before = area.value.slice(0, area.selectionStart);
    put(area, area.selectionStart, area.selectionEnd, `${before === "" || before.endsWith("\n") ? "" : "\n\n"}${text}`);
  } else {
    area.value = said.address;
  }
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

function adding(area) {
  const told = document.createElement("span");
  told.className = "small";
  told.setAttribute("role", "status");
  const label = document.createElement("label");
  label.className = "button add";
  const chosen = document.createElement("input");
  chosen.type = "file";
  label.append(area.dataset.add, chosen);
  chosen.addEventListener("change", () => {
    if (chosen.files.length) send(area, chosen.files[0], told).catch(() => (told.textContent = area.dataset.failed));
    chosen.value = "";
  });
  area.after(label, told);
}

// What is written is kept in this tab until it is saved: a session that is over, or a step to another page, loses nothing.
function keeping(form) {
  const place = `draft ${form.dataset.who} ${location.pathname}`;  // whoever signs in next sees nothing of it
  const fields = () => [...form.elements].filter((one) => one.name.startsWith("f."));
  const written = () => JSON.stringify(fields().map((one) => [one.name, one.value, one.checked === true]));
  let last = written(), leaving = false;
  const keep = () => {
    last = written();
    try {
      sessionStorage.setItem(place, JSON.stringify({ version: form.elements.version.value, written: last }));
    } catch {
      // It is full, or forbidden: leaving the page still asks.
    }
  };
  const back = ({ version, written: kept }) => {
    form.elements.version.value = version;  // whoever has changed it since is not written over
    for (const [name, value, checked] of JSON.parse(kept)) {
      for (const one of fields().filter((field) => field.name === name)) {
        if (one.type !== "checkbox") one.value = value;
        else if (one.value === value) one.checked = checked;
      }
    }
    const note = document.getElementById("draft-back").content.firstElementChild.cloneNode(true);
    note.querySelector("button").addEventListener("click", () => {
      sessionStorage.removeItem(place);
      leaving = true;
      location.assign(location.pathname);
    });
    form.before(note);
  };
  if (form.dataset.saved !== undefined) {
    for (const path of [location.pathname, form.dataset.new]) sessionStorage.removeItem(`draft ${form.dataset.who} ${path}`);
  } else if (form.dataset.answer === undefined) {
    const kept = JSON.parse(sessionStorage.getItem(place));
    if (kept !== null && kept.written !== last) back(kept);
  }
  const before = last;
  form.addEventListener("input", keep);
  form.addEventListener("submit", () => (leaving = true));
  addEventListener("beforeunload", (event) => {
    if (!leaving && written() !== before) event.preventDefault();
  });
}

for (const one of document.querySelectorAll(".without-script")) one.hidden = true;
for (const form of document.querySelectorAll(".entry-form")) keeping(form);
for (const area of document.querySelectorAll("textarea[data-preview]")) {
  preview(area);
  tools(area);
}
for (const area of document.querySelectorAll("[data-upload]")) adding(area);
