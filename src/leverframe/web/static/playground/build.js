// Elements of messages. Every text becomes a text node: nothing that came from elsewhere is ever read as HTML.
import { clock, day, fullTime, sameDay, word } from "./words.js";

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null && value !== undefined) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export function safeUrl(text) {
  try {
    const url = new URL(text);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}

function outward(attributes, url, ...children) {
  return el("a", { ...attributes, href: url, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

function inline(part) {
  switch (part.kind) {
    case "bold": return el("strong", {}, part.text);
    case "code": return el("code", {}, part.text);
    case "person": return part.mention ? el("span", { class: "mention" }, `@${part.mention}`) : el("strong", {}, part.text);
    case "link": {
      const url = safeUrl(part.url);
      return url ? outward({}, url, part.text) : document.createTextNode(part.text);
    }
    default: return document.createTextNode(part.text);
  }
}

const rich = (content) => content.map(inline);

function button(one) {
  const style = `action ${one.style}`;
  const url = one.url && safeUrl(one.url);
  if (url) return outward({ class: style }, url, one.text);
  return el("button", { type: "button", class: style, "data-action": one.action ?? "", "data-value": one.value }, one.text);
}

// A picture is asked for where it is, and only there: by https, without telling from where, and when it comes into sight.
function picture(one) {
  const url = safeUrl(one.url), words = `🖼 ${one.alt}`;
  if (!url) return el("p", {}, words);
  const { protocol, username, password } = new URL(url);
  if (protocol !== "https:" || username || password) return el("p", {}, outward({}, url, words));
  const shown = el("img", { alt: one.alt, loading: "lazy", decoding: "async", referrerpolicy: "no-referrer", src: url });
  const link = outward({ class: one.small ? "picture small" : "picture", title: one.alt }, url, shown);
  shown.addEventListener("error", () => link.replaceChildren(words));
  return link;
}

function block(one) {
  switch (one.kind) {
    case "image": return picture(one);
    case "quote": return el("blockquote", {}, ...rich(one.content));
    case "footer": return el("p", { class: "footer" }, ...rich(one.content));
    case "bullets": return el("ul", {}, ...one.items.map((item) => el("li", {}, ...rich(item))));
    case "fields": return el("dl", {}, ...one.pairs.map((pair) => el("div", {}, el("dt", {}, pair.label), el("dd", {}, ...rich(pair.value)))));
    case "buttons": return el("div", { class: "actions" }, ...one.buttons.map(button));
    default: return el("p", {}, ...rich(one.content));
  }
}

const initial = (name) => [...name.trim()][0]?.toUpperCase() ?? "?";

function avatar(message) {
  if (!message.person && message.author === "Leverframe" && !message.icon) return el("span", { class: "avatar hub", "aria-hidden": "true" });
  // An icon may be a picture sign itself; a shortcode or an address is another chat's, so the initial stands for it.
  const sign = message.icon && /^\P{ASCII}{1,8}$/u.test(message.icon) ? message.icon : initial(message.author);
  const hue = [...message.author].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 8, 7);
  return el("span", { class: `avatar hue-${hue}`, "aria-hidden": "true" }, sign);
}

export function article(message, replies = null) {
  const said = message.message;
  const posted = new Date(message.posted_at);
  const meta = el("div", { class: "meta" }, el("strong", { class: "author" }, message.author));
  if (!message.person) meta.append(el("span", { class: "badge" }, word("app")));
  meta.append(el("time", { datetime: message.posted_at, title: fullTime(posted) }, clock(posted)));
  const headline = el("p", { class: "headline" }, ...rich(said.headline));
  if (message.edited_at) headline.append(" ", el("span", { class: "edited", title: fullTime(new Date(message.edited_at)) }, `(${word("edited")})`));
  const card = el("div", { class: message.person ? "words" : `card tone-${said.tone}` }, headline, ...said.blocks.map(block));
  const body = el("div", { class: "body" }, meta, card);
  if (message.whisper) {
    body.prepend(el("p", { class: "only-you" }, el("span", {}, word("only_you")), el("button", { type: "button", "data-dismiss": message.id, "aria-label": word("dismiss") }, "✕")));
  } else if (replies !== null) body.append(...threadButtons(message, replies));
  const id = `${replies === null ? "t-" : ""}${message.id}`;
  return el("article", { class: message.whisper ? "message whisper" : "message", id, "data-id": message.id, tabindex: "-1" },
    avatar(message), el("span", { class: "gutter", "aria-hidden": "true" }, clock(posted)), body);
}

function threadButtons(message, replies) {
  if (!replies.length) return [el("button", { type: "button", class: "begin-thread", "data-thread": message.id }, word("reply_in_thread"))];
  const count = replies.length === 1 ? word("reply") : word("replies", { n: replies.length });
  const last = word("last_reply", { time: clock(new Date(replies.at(-1).posted_at)) });
  const faces = [...new Map(replies.map((reply) => [reply.author, reply])).values()].slice(0, 3).map(avatar);
  return [el("button", { type: "button", class: "open-thread", "data-thread": message.id }, ...faces, el("b", {}, count), el("span", {}, last))];
}

// Puts days between the rows, and joins what one author said within five minutes.
export function arrange(rows) {
  for (const old of rows.querySelectorAll(".day")) old.remove();
  let before = null;
  for (const node of rows.querySelectorAll("article")) {
    const posted = new Date(node.querySelector("time").dateTime);
    const author = node.querySelector(".author").textContent;
    const newDay = !before || !sameDay(before.posted, posted);
    if (newDay) node.before(el("div", { class: "day" }, el("span", {}, day(posted))));
    const whispers = node.classList.contains("whisper") || before?.whispers;
    node.classList.toggle("joined", !newDay && !whispers && before.author === author && posted - before.posted < 300000);
    before = { posted, author, whispers: node.classList.contains("whisper") };
  }
}
