// How each message looks on the device it would reach. Knows the fields of an inbox entry and nothing of the page.

import { button, footer, link, mailFrame, make, picture } from "/page/elements.js";
import { talkTemplate } from "/page/templates.js";
import { number, word } from "/page/words.js";

const ALIMTALK = ["ATA", "CTA", "CTI"];

export function deviceOf(entry) {
  if (entry.channel === "kakao") return "talk";
  if (entry.channel === "solapi") return ALIMTALK.includes(entry.type) ? "talk" : "phone";
  return "mail";
}

export function cardOf(entry) {
  const device = deviceOf(entry);
  if (device === "mail") return mail(entry);
  if (device === "phone") return text(entry);
  return entry.channel === "kakao" ? talk(entry) : alimtalk(entry);
}

function room(entry, avatar, name, ...bubble) {
  return make("article", "room",
    make("span", `avatar ${entry.channel}`, avatar),
    make("div", "said", make("span", "name", name), ...bubble, footer(entry)));
}

function talk(entry) {
  const mine = entry.to === "me" || !entry.to;
  const name = mine ? word("self") : entry.to;
  const hosts = entry.unregistered_hosts ?? [];
  const warning = hosts.length ? make("p", "warning", `${word("unregistered")} ${hosts.join(", ")}`) : null;
  return room(entry, mine ? "나" : name.slice(-1), name, talkTemplate(entry), warning);
}

function alimtalk(entry) {
  const isAlimtalk = entry.type === "ATA";
  const buttons = (entry.buttons ?? []).map((each) =>
    link("tap", each.buttonName, each.linkMo ?? each.linkPc));
  const head = isAlimtalk
    ? make("header", "arrived", word("alimtalk"), make("i", "", "kakao"))
    : make("header", "friendtalk", word("friendtalk"));
  const images = imagesOf(entry).map(picture);
  const card = make("div", `card ${isAlimtalk ? "alimtalk" : ""}`, head, ...images,
    make("div", "inner", make("p", "text", entry.text || word("noText"))),
    buttons.length ? make("div", "taps", ...buttons) : null);
  const label = `${phoneNumber(entry.from)} → ${phoneNumber(entry.to)}`.replace(/^ → /, "");
  return room(entry, "톡", label, card);
}

// The picture itself if the entry has it, else the name under which it was uploaded.
const imagesOf = (entry) => [entry.image ?? entry.image_id].filter(Boolean);

export function phoneNumber(value) {
  const parts = /^(01\d|02|0\d\d)(\d{3,4})(\d{4})$/.exec(value ?? "");
  return parts ? parts.slice(1).join("-") : (value ?? "");
}

function text(entry) {
  return make("article", "sms",
    make("div", "who", make("span", "avatar sms"),
      make("div", "", make("b", "", phoneNumber(entry.from)), make("small", "", `→ ${phoneNumber(entry.to)}`))),
    make("div", "balloon", ...imagesOf(entry).map(picture),
      entry.subject ? make("strong", "", entry.subject) : null,
      make("p", "text", entry.text || word("noText"))),
    footer(entry));
}

function mail(entry) {
  const body = make("div", "body");
  showBody(entry, body, Boolean(entry.html));
  return make("article", `envelope ${entry.channel}`,
    make("header", "",
      make("span", "stamp", entry.channel === "ses" ? "SES" : "Gmail"),
      make("p", "mailbox", entry.to),
      make("h3", "", entry.subject || word("noSubject")),
      addresses("from", entry.from), addresses("to", entry.header_to), addresses("cc", entry.cc),
      // Nobody sees another's blind copy; the sandbox knows of it only from the envelope.
      addresses("bcc", (entry.bcc ?? []).filter((each) => each === entry.to))),
    body, attachments(entry), footer(entry));
}

function addresses(name, value) {
  const list = [value].flat().filter(Boolean);
  if (list.length === 0) return null;
  return make("p", "addresses", make("em", "", word(name)), ...list.map((each) => make("span", "address", each)));
}

function showBody(entry, body, asHtml) {
  if (!entry.html) {
    body.replaceChildren(make("pre", "plain", entry.text || word("noText")));
    return;
  }
  const controls = make("div", "controls");
  const shown = asHtml ? mailFrame(entry.html) : make("pre", "plain", entry.text || word("noText"));
  controls.append(button("quiet small", word(asHtml ? "showText" : "showHtml"), () => showBody(entry, body, !asHtml)));
  if (asHtml) {
    controls.append(button("quiet small", word("taller"), (pressed) => {
      pressed.textContent = word(shown.classList.toggle("tall") ? "shorter" : "taller");
    }));
  }
  body.replaceChildren(shown, controls);
}

function attachments(entry) {
  const files = entry.attachments ?? [];
  if (files.length === 0) return null;
  return make("div", "files", ...files.map((file) =>
    make("span", "file", file.name ?? file.content_type, make("small", "", size(file.size)))));
}

function size(bytes) {
  if (bytes < 1024) return `${number(bytes)} B`;
  return bytes < 1048576 ? `${number(Math.round(bytes / 1024))} KB` : `${number(Math.round(bytes / 104857.6) / 10)} MB`;
}
