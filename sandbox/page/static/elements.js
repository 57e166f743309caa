// Builds elements. Text from a message only ever becomes a text node or a checked attribute: there is no way here to
// put markup into the page. A mail's HTML goes into a frame with every sandbox restriction on.

import { ago, exact, word } from "/page/words.js";

export function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

export function button(className, label, action) {
  const element = make("button", className, label);
  element.type = "button";
  element.addEventListener("click", () => action(element));
  return element;
}

// A message's button as its reader would see it; its address shows on hover and is never followed from here.
export function link(className, label, address) {
  const element = make("span", className, label);
  if (address) element.title = address;
  return element;
}

export function picture(address) {
  if (/^data:image\/(jpeg|png|gif|webp);base64,/.test(address) || /^\/[\w./-]+$/.test(address)) {
    const image = make("img", "picture");
    image.src = address;
    image.alt = word("picture");
    image.loading = "lazy";
    return image;
  }
  const shown = address.replace(/^https?:\/\//, "");
  return make("div", "picture away", make("span", "frame"), make("small", "", shown));
}

export function mailFrame(html) {
  const frame = make("iframe", "letter");
  frame.setAttribute("sandbox", "");
  frame.setAttribute("referrerpolicy", "no-referrer");
  frame.loading = "lazy";
  frame.title = "HTML";
  frame.srcdoc = html;
  return frame;
}

export function time(entry) {
  const moment = new Date(entry.received_at);
  const element = make("time", "", ago(moment));
  element.dateTime = entry.received_at;
  element.title = exact(moment);
  return element;
}

export function refreshTimes() {
  for (const element of document.querySelectorAll("time")) element.textContent = ago(new Date(element.dateTime));
}

export function footer(entry) {
  const line = make("footer", "", make("span", "tag", entry.type), time(entry));
  if (entry.notification_id) {
    const short = `#${entry.notification_id.slice(-8)}`;
    const id = button("id", short, () => navigator.clipboard?.writeText(entry.notification_id));
    id.title = `${word("idTitle")}\n${entry.notification_id}`;
    line.append(id);
  }
  return line;
}
