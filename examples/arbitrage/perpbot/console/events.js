// The list of events: newest first, none twice.

import { byId, element, request, setText } from "/app.js";
import { milliseconds, time } from "/format.js";

const limit = 200;
const shown = new Set();

function eventNode(event) {
  const level = ["info", "warn", "error"].includes(event.level) ? event.level : "info";
  const at = milliseconds(event.ts) || 0;
  return element("li", { "data-level": level, "data-id": event.id, "data-at": String(at) },
    element("time", {}, time(event.ts)), element("span", { class: "level" }, level),
    element("span", { class: "source" }, String(event.source ?? "")),
    element("p", {}, String(event.message ?? "")));
}

/** Puts each where its time belongs, the newest on top; the latest 200 are kept. */
export function addEvents(list) {
  const board = byId("events");
  for (const event of [...list].reverse()) {
    if (shown.has(event.id)) continue;
    shown.add(event.id);
    const node = eventNode(event);
    let next = board.firstElementChild;
    while (next && Number(next.dataset.at) > Number(node.dataset.at)) {
      next = next.nextElementSibling;
    }
    board.insertBefore(node, next);
  }
  while (board.children.length > limit) {
    shown.delete(board.lastElementChild.dataset.id);
    board.lastElementChild.remove();
  }
  byId("events-empty").hidden = shown.size > 0;
  setText(byId("events-empty"), "Nothing has happened yet.");
}

export async function refreshEvents() {
  try {
    addEvents(await request(`/api/events?limit=${limit}`));
    // Only what happens from now on is read out.
    byId("events").setAttribute("aria-live", "polite");
  } catch (problem) {
    setText(byId("events-empty"), problem.message);
  }
}

byId("event-level").addEventListener("change", () => {
  byId("events").dataset.level = byId("event-level").value;
});
