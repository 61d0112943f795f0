// The page: what is known, what of it is shown, and what people do.
import { ask } from "./ask.js";
import { arrange, article, el } from "./build.js";
import { follow } from "./feed.js";
import { formIsOpen, openForm } from "./forms.js";
import { me, startPeople } from "./people.js";
import { sampleSentAt, showAnswer, startSamples } from "./samples.js";
import { remember, remembered, speak, translate, word } from "./words.js";
import { suggest, writing } from "./writing.js";

const $ = (id) => document.getElementById(id);
const log = $("log"), rows = $("rows"), threadLog = $("thread-log"), threadRows = $("thread-rows"), pill = $("pill");

const known = new Map(); // id → message
const more = new Map(); // room → whether there is something earlier; a room that is here has been read
const from = new Map(); // room → id from which on all its messages are known; heads of old threads are known apart
let rooms = [];
let room = null;
let thread = null;
let whispers = 0;
let linkState = "connecting";
let offered = { node: null, timer: 0 }; // what the pill leads to
let read = JSON.parse(remembered("read") || "{}"); // room → id of the last message seen

const inOrder = (messages) => messages.sort((one, other) => (one.id < other.id ? -1 : 1)); // ids grow with time
const mine = (message) => !message.whisper || message.to === me();
const headsOf = (name) => inOrder([...known.values()].filter((message) => message.room === name && !message.thread && mine(message) && message.id >= (from.get(name) ?? "")));
const inThread = (id) => inOrder([...known.values()].filter((message) => message.thread === id && mine(message)));
const repliesTo = (id) => inThread(id).filter((message) => !message.whisper);
const atBottom = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < 90;
const stuck = new Map([[log, true], [threadLog, true]]); // whether a list follows its end; it does until somebody scrolls up
const toBottom = (box) => { stuck.set(box, true); box.scrollTop = box.scrollHeight; };

// ---- what comes in

function keep(message) {
  const before = known.get(message.id);
  if (before && (before.edited_at ?? "") >= (message.edited_at ?? "")) return false;
  known.set(message.id, message);
  return true;
}

function take(message) {
  const isNew = !known.has(message.id);
  if (!keep(message)) return;
  if (!rooms.includes(message.room)) { rooms = [...rooms, message.room]; if (!room) return choose(); }
  if (message.room === room) {
    if (!message.whisper || !message.thread) showHead(message.thread ?? message.id, isNew);
    if (thread && (message.thread ?? message.id) === thread) { place(threadRows, message, null); arrangeThread(); followEnd(threadLog); }
    seen();
  } else if (isNew && Date.now() - sampleSentAt() < 10000) {
    offer(null, `${message.room} · ${word("new_below")}`, "→", () => { location.hash = encodeURI(message.room); });
  }
  showChannels();
}

// What the hub answers to the one at this page: words that only they see, a form, or that it takes longer.
function hear(answer, place) {
  if (!answer) return;
  if (answer.whisper) whisper(answer.whisper);
  if (answer.working) whisper({ ...place, id: `working_${Date.now()}`, at: new Date().toISOString(), message: { tone: "progress", headline: [{ kind: "text", text: word("working") }], blocks: [] } });
  if (answer.form) openForm(answer.form, place ?? { room, thread: null }, hear);
}

// It stands below what was last said, and is gone with the page.
function whisper(said) {
  const newest = inOrder([...known.values()]).at(-1)?.id.split("~")[0] ?? "msg_";
  whispers += 1;
  take({ id: `${newest}~${String(whispers).padStart(6, "0")}`, room: said.room ?? room, thread: said.thread, author: "Leverframe", person: false, icon: null,
    posted_at: said.at, edited_at: null, message: said.message, whisper: said.id, to: me() });
}

function showHead(id, isNew) {
  const head = known.get(id);
  if (!head) return; // a reply to something earlier than what is shown
  const node = place(rows, head, repliesTo(id));
  arrange(rows);
  $("empty")?.remove();
  followEnd(log);
  if (!inView(node)) {
    const below = node.getBoundingClientRect().top > log.getBoundingClientRect().top;
    if (!below) offer(node, word("updated"), "↑");
    else if (isNew) offer(node, word("new_below"), "↓");
  }
  node.classList.add(isNew && node.dataset.id === id && !repliesTo(id).length && !head.edited_at ? "arrived" : "changed");
}

// Puts a message where it belongs: instead of its former self, or in the order of ids.
function place(list, message, replies) {
  const node = article(message, replies);
  const old = document.getElementById(node.id);
  if (old) {
    const focused = old.contains(document.activeElement) ? document.activeElement.className : null;
    old.replaceWith(node);
    if (focused !== null) (node.querySelector(`.${CSS.escape(focused.split(" ")[0])}`) ?? node).focus();
    return node;
  }
  const next = [...list.querySelectorAll("article")].find((other) => other.dataset.id > message.id);
  if (next) next.before(node); else list.append(node);
  return node;
}

function inView(node) {
  const box = log.getBoundingClientRect(), at = node.getBoundingClientRect();
  return at.bottom > box.top + 24 && at.top < box.bottom - 24;
}

function followEnd(box) { if (stuck.get(box)) toBottom(box); }

// Shows where something happened that is not in sight, and leads there.
function offer(node, text, sign, lead = () => { node.scrollIntoView({ block: "center" }); node.focus({ preventScroll: true }); }) {
  pill.textContent = `${sign} ${text}`;
  pill.hidden = false;
  pill.onclick = () => { pill.hidden = true; lead(); };
  clearTimeout(offered.timer);
  offered = { node, timer: setTimeout(() => { pill.hidden = true; }, 12000) };
}

function begin(snapshot) {
  for (const message of known.values()) if (!message.whisper) known.delete(message.id);
  more.clear();
  rooms = snapshot.rooms;
  thread = null;
  for (const message of snapshot.messages) keep(message);
  for (const name of rooms) from.set(name, snapshot.messages[0]?.id ?? "");
  choose();
}

function learn(name, page) {
  for (const message of page.messages) keep(message);
  more.set(name, page.more);
  const first = page.messages[0]?.id;
  if (!page.more) from.set(name, "");
  else if (first < from.get(name)) from.set(name, first);
}

// ---- what is shown

// The address says what is open: #dev-team, or #dev-team/msg_… for a thread.
function choose() {
  const [name, id] = decodeURIComponent(location.hash).split("/");
  const newest = inOrder([...known.values()]).at(-1)?.room;
  const wanted = rooms.includes(name) ? name : rooms.includes(room) ? room : newest ?? rooms[0] ?? null;
  if (wanted !== room || !more.has(wanted)) openRoom(wanted);
  openThread(wanted && id ? id : null);
  showChannels();
}

async function openRoom(name) {
  room = name;
  pill.hidden = true;
  for (const field of $("say").elements) field.disabled = !room;
  showRoom();
  toBottom(log);
  if (room && !more.has(room)) {
    const found = await ask(`/playground/messages?room=${encodeURIComponent(name)}`);
    if (!found) return;
    learn(name, found);
    if (name !== room) return;
    showRoom();
    followEnd(log);
  }
  seen();
  showChannels();
}

function showRoom() {
  $("room").textContent = room ?? word("no_rooms");
  log.setAttribute("aria-label", room ? word("messages", { room }) : word("no_rooms"));
  $("text").placeholder = room ? word("say", { room }) : "";
  $("reply-text").placeholder = word("say_reply");
  const heads = room ? headsOf(room) : [];
  rows.replaceChildren(...heads.map((head) => article(head, repliesTo(head.id))));
  arrange(rows);
  if (more.get(room)) rows.prepend(el("button", { type: "button", class: "earlier", id: "earlier" }, word("earlier")));
  if (!heads.length && (!room || more.has(room))) {
    const hint = !room ? "no_rooms_hint" : $("chips") ? "empty_hint" : "empty_quiet";
    rows.append(el("div", { class: "empty", id: "empty" }, el("span", { class: "avatar hub", "aria-hidden": "true" }), el("b", {}, word(room ? "empty" : "no_rooms")), el("span", {}, word(hint))));
  }
}

function showChannels() {
  const list = $("channels"), focused = list.contains(document.activeElement) ? document.activeElement.dataset.room : null;
  list.replaceChildren(...rooms.map((name) => {
    const count = [...known.values()].filter((message) => message.room === name && mine(message) && message.id > (read[name] ?? "")).length;
    const link = el("a", { href: encodeURI(name), "data-room": name, "aria-current": name === room ? "true" : null, class: count ? "unread" : null }, el("span", {}, name));
    if (count) link.append(el("b", { class: "count", "aria-label": word("unread", { n: count }) }, count > 99 ? "99+" : String(count)));
    return el("li", {}, link);
  }));
  if (focused) [...list.querySelectorAll("a")].find((link) => link.dataset.room === focused)?.focus();
}

function seen() {
  if (!room || document.hidden) return;
  const newest = inOrder([...known.values()].filter((message) => message.room === room)).at(-1)?.id;
  if (newest && newest > (read[room] ?? "")) { read = { ...read, [room]: newest }; remember("read", JSON.stringify(read)); }
}

async function openThread(id) {
  if (id === thread) return;
  thread = id;
  const panel = $("thread"), was = panel.hidden;
  panel.hidden = !id;
  document.body.classList.toggle("with-thread", Boolean(id));
  if (!id) {
    if (!was) (document.querySelector(`[data-thread="${CSS.escape(panel.dataset.id)}"]`) ?? log).focus({ preventScroll: true });
    return;
  }
  panel.dataset.id = id;
  showThread();
  $("thread-title").focus({ preventScroll: true });
  const found = await ask(`/playground/messages?thread=${encodeURIComponent(id)}`);
  if (!found || thread !== id) return;
  for (const message of found.messages) keep(message);
  showThread();
  toBottom(threadLog);
}

function showThread() {
  $("thread-room").textContent = room;
  const head = known.get(thread);
  threadRows.replaceChildren(...(head ? [head, ...inThread(thread)] : []).map((message) => article(message)));
  arrangeThread();
}

function arrangeThread() {
  arrange(threadRows);
  threadRows.querySelector(".rule")?.remove();
  const count = repliesTo(thread).length;
  if (count) threadRows.querySelector("article").after(el("div", { class: "rule" }, el("span", {}, count === 1 ? word("reply") : word("replies", { n: count }))));
}

function showLink(state = linkState) {
  linkState = state;
  $("link").dataset.state = state;
  $("link").lastElementChild.textContent = word(state);
}

function showAll() {
  translate();
  showLink();
  showAnswer();
  showRoom();
  showChannels();
  if (thread) showThread();
}

// ---- what people do

const attempts = new Map(); // a button in one of its states → how many clicks on it were answered

async function click(button) {
  const message = known.get(button.closest("article").dataset.id);
  const place = { room: message.room, thread: button.closest("#thread") ? thread : message.thread };
  const asked = { message: message.whisper ? null : message.id, rendering: message.whisper ?? message.edited_at ?? message.posted_at, action: button.dataset.action, value: button.dataset.value };
  const key = JSON.stringify(asked);
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  const said = await ask("/playground/actions", { ...place, ...asked, name: me(), attempt: attempts.get(key) ?? 0 });
  button.disabled = false;
  button.removeAttribute("aria-busy");
  if (!said) return;
  attempts.set(key, (attempts.get(key) ?? 0) + 1);
  hear(said.answer, place);
}

function dismiss(id) {
  known.delete(id);
  for (const node of [document.getElementById(id), document.getElementById(`t-${id}`)]) node?.remove();
  arrange(rows);
}

function said({ message, answer }, place) {
  take(message);
  toBottom(place.thread ? threadLog : log);
  seen();
  showChannels();
  hear(answer, place);
}

async function earlier() {
  const first = headsOf(room).find((message) => !message.whisper);
  const found = await ask(`/playground/messages?room=${encodeURIComponent(room)}&before=${first.id}`);
  if (!found) return;
  const fromBottom = log.scrollHeight - log.scrollTop;
  learn(room, found);
  showRoom();
  log.scrollTop = log.scrollHeight - fromBottom;
  document.getElementById(first.id)?.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("button");
  if (!target) return;
  if (target.dataset.thread) location.hash = `${encodeURI(room)}/${target.dataset.thread}`;
  else if (target.dataset.action !== undefined) click(target);
  else if (target.dataset.dismiss) dismiss(target.dataset.dismiss);
  else if (target.dataset.try) suggest($("text"), target.dataset.try);
  else if (target.id === "earlier") earlier();
  else if (target.id === "thread-close") location.hash = encodeURI(room);
  else if (target.dataset.locale) { speak(target.dataset.locale); showAll(); }
});
// Into the console of a demo: by a form, which signs in who is not signed in yet.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-inside]"), form = $("inside");
  if (!link || !form) return;
  event.preventDefault();
  form.elements.next.value = link.pathname + link.search;
  form.target = event.metaKey || event.ctrlKey || event.shiftKey ? "_blank" : "";
  form.submit();
});
document.addEventListener("keydown", (event) => { if (event.key === "Escape" && thread && !event.isComposing && !formIsOpen()) location.hash = encodeURI(room); });
document.addEventListener("visibilitychange", () => { seen(); showChannels(); });
window.addEventListener("hashchange", choose);
const resized = new ResizeObserver(() => { followEnd(log); followEnd(threadLog); });
for (const box of stuck.keys()) {
  box.addEventListener("scroll", () => { stuck.set(box, atBottom(box)); if (offered.node && inView(offered.node)) pill.hidden = true; }, { passive: true });
  box.addEventListener("load", () => followEnd(box), true); // a picture has come, and takes its room
  resized.observe(box);
}
writing($("say"), $("text"), () => room && { room, thread: null }, said);
writing($("reply"), $("reply-text"), () => thread && { room, thread }, said);
startPeople(() => { showAll(); again(); });
startSamples();
translate();
showLink();
const again = follow({ name: me, onSnapshot: begin, onMessage: take, onAnswer: (answer) => hear(answer, null), onState: showLink });
