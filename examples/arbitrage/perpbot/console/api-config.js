// The page of API keys. Secrets go one way: what is typed is sent and forgotten.

import { byId, element, openConsole, perform, post, request, setText } from "/app.js";
import { nothing, time } from "/format.js";

const fields = {
  paradex: [
    ["l2_private_key", "L2 private key", "0x…"],
    ["l2_address", "L2 address", "0x…"],
  ],
  grvt: [
    ["api_key", "API key", ""],
    ["api_secret", "API secret", ""],
    ["private_key", "Private key", "0x…"],
    ["trading_account_id", "Trading account id", ""],
  ],
};
const every = Object.entries(fields).flatMap(([venue, list]) =>
  list.map(([name, title]) => ({ venue, name, title, id: `${venue}-${name}` })));
const cleared = new Set();
let busy = false;

function fieldNode(venue, [name, title, hint]) {
  const id = `${venue}-${name}`;
  const input = element("input", {
    id, "data-testid": id, type: "password", autocomplete: "new-password", placeholder: hint,
    autocapitalize: "off", spellcheck: "false", "aria-describedby": `${id}-state`,
    input: () => { cleared.delete(id); noteDraft(); },
  });
  const show = element("button", {
    type: "button", "aria-pressed": "false", "aria-label": `Show ${title}`,
    "data-testid": `${id}-show`,
    click: () => {
      const hidden = input.type === "password";
      input.type = hidden ? "text" : "password";
      show.setAttribute("aria-pressed", String(hidden));
      setText(show, hidden ? "Hide" : "Show");
    },
  }, "Show");
  const clear = element("button", {
    id: `${id}-clear`, class: "clear", type: "button", "data-testid": `${id}-clear`,
    "aria-pressed": "false", "aria-label": `Clear ${title}`,
    click: () => {
      input.value = "";
      if (!cleared.delete(id)) cleared.add(id);
      noteDraft();
    },
  }, "Clear");
  return element("div", { class: "field secret" },
    element("label", { for: id }, title),
    element("span", { class: "state", id: `${id}-state`, "data-testid": `${id}-state` }, "…"),
    element("div", { class: "joined" }, input, show, clear));
}

/** What is typed, and an empty text for what is to be cleared, by venue and field. */
function draft() {
  const payload = {};
  for (const { venue, name, id } of every) {
    const text = byId(id).value.trim();
    if (text || cleared.has(id)) (payload[venue] ??= {})[name] = text;
  }
  return payload;
}

function noteDraft() {
  let [typed, clearing] = [0, 0];
  for (const { id } of every) {
    if (byId(id).value.trim()) typed += 1;
    if (cleared.has(id)) clearing += 1;
    byId(`${id}-clear`).setAttribute("aria-pressed", String(cleared.has(id)));
    byId(id).closest(".field").classList.toggle("clearing", cleared.has(id));
  }
  const parts = [];
  if (typed > 0) parts.push(`${typed} typed`);
  if (clearing > 0) parts.push(`${clearing} to be cleared`);
  const isEmpty = parts.length === 0;
  setText(byId("draft-note"), isEmpty ? "Nothing to save" : `Not saved: ${parts.join(", ")}`);
  byId("save").disabled = isEmpty;
  byId("check-draft").disabled = typed === 0;
}

function forgetDraft() {
  for (const { id } of every) byId(id).value = "";
  cleared.clear();
  noteDraft();
}

function showStates(states) {
  for (const [venue, list] of Object.entries(fields)) {
    let count = 0;
    for (const [name] of list) {
      const known = states[venue]?.[name] ?? {};
      const node = byId(`${venue}-${name}-state`);
      const since = known.updated_at ? ` · ${time(known.updated_at)}` : "";
      count += known.configured ? 1 : 0;
      node.dataset.kind = known.configured ? "good" : "hold";
      setText(node, known.configured ? `saved ${known.masked ?? ""}${since}` : "not set");
      byId(`${venue}-${name}-clear`).hidden = !known.configured;
    }
    const complete = count === list.length;
    setText(byId(`${venue}-state`), complete ? "complete" : `${count} of ${list.length} fields`);
    byId(`${venue}-state`).dataset.kind = complete ? "good" : "warn";
  }
}

async function refresh() {
  try {
    const reply = await request("/api/credentials/status");
    showStates(reply.data ?? reply);
    byId("credentials-problem").hidden = true;
  } catch (problem) {
    showProblem(problem.message);
    for (const { id } of every) setText(byId(`${id}-state`), nothing);
  }
}

function showProblem(text) {
  setText(byId("credentials-problem"), text);
  byId("credentials-problem").hidden = false;
}

/** One check is {name: "venue.check", ok, message}; `ok` null means that it was left out. */
function checkNode({ name, ok, message }) {
  const [venue, ...rest] = String(name).split(".");
  const [kind, word] = ok === true ? ["good", "passed"] : ok === false ? ["bad", "failed"]
    : ["hold", "left out"];
  return element("li", { "data-testid": `check-${name}` },
    element("span", { class: "chip", "data-kind": kind }, word),
    element("span", { class: "name" }, venue), element("code", {}, rest.join(".")),
    element("p", {}, message ?? ""));
}

function showChecks(reply, what) {
  const checks = reply.data?.checks ?? reply.checks ?? [];
  byId("checks").replaceChildren(...checks.map(checkNode));
  byId("checks-empty").hidden = checks.length > 0;
  setText(byId("checks-empty"), reply.message || "No check was made.");
  const failed = checks.filter((check) => check.ok === false).length;
  const outcome = failed > 0 ? `${failed} failed` : checks.length > 0 ? "all passed" : "";
  setText(byId("checks-note"), `${what}, ${time(Date.now())}: ${outcome}`);
  byId("checks-note").dataset.kind = failed > 0 ? "bad" : "good";
}

/** Runs one of the four actions at a time; a refusal is told beside them. */
function act(id, action) {
  return () => perform(byId(id), async () => {
    if (busy) return undefined;
    busy = true;
    byId("credentials-problem").hidden = true;
    try {
      return await action();
    } catch (problem) {
      const missing = problem.reply?.data?.missing_fields ?? [];
      const list = missing.map((field) => field.field ? `${field.exchange} ${field.field}` : field);
      const which = list.length > 0 ? ` Missing: ${list.join(", ")}.` : "";
      showProblem(problem.message + which);
      return undefined;
    } finally {
      busy = false;
    }
  });
}

const save = act("save", async () => {
  const reply = await post("/api/credentials", draft());
  forgetDraft();
  await refresh();
  return reply.message || "Saved";
});

/** A validation with failed checks is an answer, not a failure of the request. */
function check(id, what, body) {
  return act(id, async () => {
    byId("checks").setAttribute("aria-busy", "true");
    setText(byId("checks-note"), "asking the venues…");
    try {
      showChecks(await post("/api/credentials/validate", body(), 90), what);
    } catch (problem) {
      setText(byId("checks-note"), "");
      if (!problem.reply?.data?.checks && !problem.reply?.checks) throw problem;
      showChecks(problem.reply, what);
    } finally {
      byId("checks").removeAttribute("aria-busy");
    }
  });
}

for (const [venue, list] of Object.entries(fields)) {
  byId(`${venue}-fields`).replaceChildren(...list.map((field) => fieldNode(venue, field)));
}
byId("credentials").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!byId("save").disabled) save();
});
byId("apply").addEventListener("click", act("apply", async () =>
  (await post("/api/credentials/apply")).message || "The engine uses what is saved"));
byId("check-saved").addEventListener("click",
  check("check-saved", "Saved", () => ({ source: "saved" })));
byId("check-draft").addEventListener("click",
  check("check-draft", "Draft", () => ({ source: "draft", payload: draft() })));
addEventListener("pagehide", forgetDraft);

openConsole("api-config", {
  status: ({ engine_status: state }) => {
    const stopped = ["stopped", "error"].includes(state);
    byId("apply").disabled = !stopped;
    byId("apply").title = stopped ? "" : "Stop the engine first";
  },
});
noteDraft();
refresh();
