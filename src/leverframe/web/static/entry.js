// Editing an entry: its text is shown as people will see it while it is written, and files are added in place. Without it, buttons do.
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
    const text = file.type.startsWith("image/") ? `![](${said.address})` : `[${file.name}](${said.address})`;
    const before = area.value.slice(0, area.selectionStart);
    area.setRangeText(`${before === "" || before.endsWith("\n") ? "" : "\n\n"}${text}`, area.selectionStart, area.selectionEnd, "end");
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
    if (chosen.files.length) send(area, chosen.files[0], told).catch(() => (told.textContent = "…"));
    chosen.value = "";
  });
  area.after(label, told);
}

for (const one of document.querySelectorAll(".without-script")) one.hidden = true;
for (const area of document.querySelectorAll("textarea[data-preview]")) preview(area);
for (const area of document.querySelectorAll("[data-upload]")) adding(area);
