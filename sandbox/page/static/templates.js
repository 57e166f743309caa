// Kakao's message templates as KakaoTalk draws them: text, feed, list, location, commerce, calendar, and the ones
// made in Kakao's console, of which only the number and the arguments are known here.

import { link, make, picture } from "/page/elements.js";
import { number, word } from "/page/words.js";

export function talkTemplate(entry) {
  const object = entry.template_object;
  if (!object) return fromConsole(entry);
  const draw = { text, feed, list, location: place, commerce, calendar }[object.object_type] ?? feed;
  return draw(object);
}

const addressOf = (target) => target?.mobile_web_url ?? target?.web_url;

function taps(object, target) {
  const buttons = object.buttons ?? (object.button_title || addressOf(target)
    ? [{ title: object.button_title ?? word("open"), link: target }] : []);
  if (buttons.length === 0) return null;
  return make("div", "taps", ...buttons.map((each) => link("tap", each.title, addressOf(each.link))));
}

function text(object) {
  return make("div", "bubble", make("p", "text", object.text), taps(object, object.link));
}

function content(part) {
  return make("div", "inner",
    part.title ? make("b", "title", part.title) : null,
    part.description ? make("p", "text soft", part.description) : null);
}

function feed(object) {
  const part = object.content ?? {};
  return make("div", "card", part.image_url ? picture(part.image_url) : null, items(object.item_content), content(part),
    social(object.social), taps(object, part.link));
}

function items(part) {
  if (!part) return null;
  const rows = [...(part.items ?? []), ...(part.sum ? [{ item: part.sum, item_op: part.sum_op, sum: true }] : [])];
  return make("div", "inner items",
    part.profile_text ? make("small", "", part.profile_text) : null,
    part.title_image_text ? make("b", "title", part.title_image_text) : null,
    make("dl", "", ...rows.map((row) =>
      make("div", row.sum ? "sum" : "", make("dt", "", row.item), make("dd", "", row.item_op ?? "")))));
}

function social(counts) {
  const shown = [["likes", "like_count"], ["comments", "comment_count"], ["shares", "shared_count"],
    ["views", "view_count"], ["subscribers", "subscriber_count"]].filter(([, field]) => counts?.[field]);
  if (shown.length === 0) return null;
  return make("p", "social", ...shown.map(([name, field]) => make("span", "", `${word(name)} ${number(counts[field])}`)));
}

function list(object) {
  return make("div", "card",
    make("header", "heading", object.header_title),
    make("div", "rows", ...(object.contents ?? []).map((part) =>
      make("div", "row",
        make("div", "", make("b", "", part.title ?? ""), part.description ? make("small", "", part.description) : null),
        part.image_url ? picture(part.image_url) : null))),
    taps(object, object.header_link));
}

function place(object) {
  const part = object.content ?? {};
  return make("div", "card",
    part.image_url ? picture(part.image_url) : null,
    content(part),
    make("p", "place", make("b", "", object.address_title ?? ""), make("span", "", object.address)),
    social(object.social), taps(object, part.link));
}

function commerce(object) {
  const part = object.content ?? {};
  const price = object.commerce ?? {};
  const unit = (value) => (price.currency_unit_position === 1
    ? `${price.currency_unit ?? ""}${number(value)}` : `${number(value)}${price.currency_unit ?? word("won")}`);
  const cut = price.discount_price ?? null;
  const rate = price.discount_rate ? make("em", "", `${price.discount_rate}%`) : null;
  const name = price.product_name ?? part.title;
  return make("div", "card",
    part.image_url ? picture(part.image_url) : null,
    make("div", "inner",
      name ? make("span", "product", name) : null,
      make("p", "price", rate, make("b", "", unit(cut ?? price.regular_price)),
        cut === null ? null : make("s", "", unit(price.regular_price))),
      part.description ? make("p", "text soft", part.description) : null),
    taps(object, part.link));
}

function calendar(object) {
  return make("div", "card", make("header", "heading dated", object.id_type === "calendar" ? "Calendar" : "Event"),
    content(object.content ?? {}), taps(object, object.content?.link));
}

function fromConsole(entry) {
  const args = Object.entries(entry.template_args ?? {});
  return make("div", "card",
    make("header", "heading", entry.template_id ? `${word("template")} ${entry.template_id}` : entry.type),
    entry.request_url ? make("div", "inner", make("p", "text soft", entry.request_url)) : null,
    args.length === 0 ? null : make("div", "inner items", make("dl", "", ...args.map(([name, value]) =>
      make("div", "", make("dt", "", name), make("dd", "", value))))));
}
