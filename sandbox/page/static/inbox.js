// The page itself: fetches what has arrived, listens for what arrives, filters. How a message looks is cards.js's matter.

import { cardOf, deviceOf } from "/page/cards.js";
import { button, make, refreshTimes } from "/page/elements.js";
import { current, number, toggle, word } from "/page/words.js";

const CHANNELS = ["all", "kakao", "solapi", "gmail", "ses"];
const DEVICES = ["talk", "phone", "mail"];
const KEPT = 5000; // entries in memory; the sandbox itself keeps more
const SHOWN = 100; // cards a device

const $ = (id) => document.getElementById(id);
const filter = { channel: "all", to: "" };
let entries = [];
let known = new Set();
let waiting = [];
let loaded = false;
let loading = false;

const keyOf = (entry) =>
  JSON.stringify([entry.channel, entry.type, entry.to, entry.provider_id, entry.notification_id, entry.received_at]);

const matches = (entry) =>
  (filter.channel === "all" || entry.channel === filter.channel) &&
  (!filter.to || entry.to.toLowerCase().includes(filter.to));

function remember(arrived) {
  const fresh = arrived.filter((entry) => !known.has(keyOf(entry)));
  for (const entry of fresh) known.add(keyOf(entry));
  entries.push(...fresh);
  if (entries.length > KEPT) {
    for (const entry of entries.splice(0, entries.length - KEPT)) known.delete(keyOf(entry));
  }
  return fresh;
}

function put(entry, fresh) {
  const list = $(deviceOf(entry)).querySelector("ol");
  const item = make("li", fresh ? "fresh" : "", cardOf(entry));
  item.dataset.channel = entry.channel;
  list.prepend(item);
  while (list.children.length > SHOWN) list.lastElementChild.remove();
}

function renderFilters() {
  const counts = Object.fromEntries(CHANNELS.map((name) => [name, 0]));
  for (const entry of entries) counts[entry.channel] += 1;
  counts.all = entries.length;
  $("channels").replaceChildren(...CHANNELS.map((name) => {
    const chip = button(`chip ${name}`, word(name), () => { filter.channel = name; render(); });
    chip.append(make("b", "", number(counts[name])));
    chip.setAttribute("aria-pressed", String(filter.channel === name));
    return chip;
  }));
  const recipients = [...new Set(entries.map((entry) => entry.to))].slice(-50);
  $("recipients").replaceChildren(...recipients.map((to) => new Option(to)));
}

function renderFrame() {
  const matching = entries.filter(matches);
  const counts = Object.fromEntries(DEVICES.map((name) => [name, 0]));
  for (const entry of matching) counts[deviceOf(entry)] += 1;
  for (const name of DEVICES) {
    const device = $(name);
    device.hidden = counts[name] === 0 && (filter.channel !== "all" || filter.to !== "");
    device.querySelector("h2 b").textContent = number(counts[name]);
    device.classList.toggle("full", counts[name] > SHOWN);
    device.dataset.older = word("older");
  }
  $("empty").hidden = !loaded || entries.length > 0;
  $("nothing").hidden = entries.length === 0 || matching.length > 0;
  $("board").hidden = matching.length === 0;
  renderFilters();
  return matching;
}

function render() {
  document.documentElement.lang = current();
  document.title = word("title");
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = word(element.dataset.word);
  $("language").textContent = word("language");
  $("recipient").placeholder = word("recipient");
  $("recipient").setAttribute("aria-label", word("recipient"));
  showLive($("live").classList.contains("on"));
  for (const list of document.querySelectorAll(".device ol")) list.replaceChildren();
  const matching = renderFrame();
  for (const name of DEVICES) matching.filter((entry) => deviceOf(entry) === name).slice(-SHOWN).forEach((entry) => put(entry, false));
}

// A burst of events becomes one painting; what arrives while the list is loading waits for it.
function arrive(entry) {
  waiting.push(entry);
  if (waiting.length === 1) setTimeout(paintArrived, 50);
}

function paintArrived() {
  if (loading) return;
  const fresh = remember(waiting.splice(0));
  renderFrame();
  fresh.filter(matches).slice(-SHOWN).forEach((entry) => put(entry, true));
}

function showLive(on) {
  $("live").classList.toggle("on", on);
  $("live").textContent = on ? word("live") : word("waiting");
}

async function load() {
  loading = true;
  try {
    const answer = await fetch(`/inbox.json?limit=${KEPT}`);
    entries = [];
    known = new Set();
    remember(await answer.json());
    loaded = true;
    render();
  } finally {
    loading = false;
    paintArrived();
  }
}

// Listening starts before loading, so that nothing falls between; what both bring is known by its key.
function listen() {
  const events = new EventSource("/inbox/events");
  events.addEventListener("open", () => { showLive(true); load(); });
  events.addEventListener("error", () => showLive(false));
  events.addEventListener("message", (event) => arrive(JSON.parse(event.data)));
}

$("recipient").addEventListener("input", (event) => { filter.to = event.target.value.trim().toLowerCase(); render(); });
$("language").addEventListener("click", () => { toggle(); render(); });
$("clear").addEventListener("click", async () => {
  if (entries.length > 0 && !confirm(word("clearSure"))) return;
  await fetch("/inbox.json", { method: "DELETE" });
  await load();
});
$("copy").addEventListener("click", async () => {
  await navigator.clipboard?.writeText("make demo");
  $("copy").textContent = word("copied");
});
setInterval(refreshTimes, 5000);
render();
listen();
