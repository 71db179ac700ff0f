// The market page: the pairs whose mids are furthest apart, and how well the scan is.

import { byId, element, openConsole, perform, request, setText } from "/app.js";
import { age, milliseconds, nothing, number, pricePlaces, time } from "/format.js";

const limit = 10;
const turn = 20000;
let fallback = { paradex: 2, grvt: 2 };
let refreshedAt = 0;
let attemptedAt = 0;
let asking = false;
let latest = null;
let warmingUp = false;

function cell(label, className, first, ...second) {
  const lines = [element("span", {}, first)];
  if (second.length > 0) lines.push(element("small", {}, ...second));
  return element("td", { class: className, "data-label": label },
    element("span", { class: "two" }, ...lines));
}

function leverage(row, venue) {
  const source = row[`${venue}_leverage_source`];
  const title = venue === "grvt" ? "GRVT" : "Paradex";
  return element("span", { class: "chip", "data-kind": source === "market" ? "hold" : "warn" },
    `${title} ${number(row[`${venue}_leverage`], 2, { trimmed: true })}× ${source ?? ""}`);
}

function pairRow(row, index, widest) {
  const places = pricePlaces(row.paradex_mid);
  const price = (value) => number(value, places);
  const bar = element("span", { class: "meter", "aria-hidden": "true" });
  bar.style.inlineSize = `${Math.max(1, (100 * Number(row.nominal_spread)) / widest)}%`;
  const direction = row.direction === "grvt_gt_paradex" ? "GRVT above" : "Paradex above";
  return element("tr", { "data-testid": `spread-${row.symbol}` },
    element("td", { class: "n quiet rank" }, String(index + 1)),
    element("th", { scope: "row" }, element("span", { class: "two" },
      element("span", { class: "name" }, row.symbol),
      element("small", {}, `${row.paradex_market} · ${row.grvt_market}`))),
    cell("Paradex bid / ask", "n", price(row.paradex_bid), price(row.paradex_ask)),
    cell("Paradex mid", "n", price(row.paradex_mid)),
    cell("GRVT bid / ask", "n", price(row.grvt_bid), price(row.grvt_ask)),
    cell("GRVT mid", "n", price(row.grvt_mid)),
    cell("Spread", "n", number(row.spread_price, places, { signed: true }),
      `${number(row.spread_bps, 2, { signed: true })} bps`,
      element("span", { class: "direction" }, ` · ${direction}`)),
    cell("Leverage", "n strong", `${number(row.effective_leverage, 2, { trimmed: true })}×`),
    element("td", { class: "wide", "data-label": "Sources" },
      element("span", { class: "two" }, leverage(row, "paradex"), leverage(row, "grvt"))),
    element("td", { class: "n strong", "data-label": "Nominal spread" },
      element("span", { class: "two" },
        element("span", {}, number(row.nominal_spread, pricePlaces(row.nominal_spread))), bar)));
}

function show(reply) {
  latest = reply;
  refreshedAt = Date.now();
  const rows = reply.rows ?? [];
  const widest = Math.max(1e-12, ...rows.map((row) => Number(row.nominal_spread)));
  byId("spread-rows").replaceChildren(...rows.map((row, index) => pairRow(row, index, widest)));
  byId("spreads-empty").hidden = rows.length > 0;
  setText(byId("spreads-empty"), "No pair is quoted on both venues right now.");
  setText(byId("scan-interval"),
    reply.scan_interval_sec === undefined ? nothing : `${reply.scan_interval_sec} s`);
  const quoted = reply.total_symbols ?? nothing;
  const common = reply.comparable_symbols ?? quoted;
  setText(byId("coverage"), common === quoted ? `top ${rows.length} of ${quoted} common pairs`
    : `top ${rows.length} of ${quoted} pairs with quotes, ${common} common pairs`);
  setText(byId("page-time"), time(refreshedAt));
  byId("last-error").hidden = !reply.last_error;
  setText(byId("last-error"), reply.last_error
    ? `The last scan failed: ${reply.last_error} What is shown is from before.` : "");
  byId("spreads").classList.toggle("stale", Boolean(reply.last_error));
  tick();
}

function tick() {
  if (latest?.updated_at) {
    const old = Date.now() - milliseconds(latest.updated_at);
    setText(byId("scan-time"), `${time(latest.updated_at)}, ${age(old)} ago`);
  }
  const left = Math.ceil((attemptedAt + turn - Date.now()) / 1000);
  const waiting = byId("auto").checked ? `next in ${Math.max(0, left)} s` : "not refreshing";
  setText(byId("market-progress"), asking ? "asking…" : waiting);
  if (byId("auto").checked && !asking && !document.hidden
    && (left <= 0 || (warmingUp && left <= 18))) {
    load(false).catch(() => {});
  }
}

const scoreStates = { insufficient_samples: "too few samples", zero_std: "no deviation" };

function edgeRow(row) {
  const places = pricePlaces(row.gross);
  const money = (value) => number(value, places);
  const score = row.zscore_status === "ready" ? number(row.zscore, 2, { signed: true }) : nothing;
  return element("tr", { "data-testid": `edge-${row.symbol}` },
    element("th", { scope: "row" }, element("span", { class: "name" }, row.symbol)),
    cell("Edge", "n", number(row.tradable_edge, pricePlaces(row.tradable_edge)),
      `${number(row.tradable_edge_pct, 4)} %`),
    cell("Leverage", "n", `${number(row.effective_leverage, 2, { trimmed: true })}×`),
    cell("Gross", "n", money(row.gross)), cell("Fees", "n", money(row.fees)),
    cell("Net", "n strong", money(row.net)),
    cell("z-score", "n", score, scoreStates[row.zscore_status]),
    cell("Speed, %/min", "n", number(row.speed_pct_per_min, 4, { signed: true })),
    cell("Volatility, %", "n", number(row.volatility_pct, 4)));
}

/** A server without this part has no such table. */
async function loadEdges(query) {
  const reply = await request(`/api/market/spreads?${query}`).catch(() => null);
  byId("edges-card").hidden = reply === null;
  if (reply === null) return;
  const rows = reply.rows ?? [];
  byId("edge-rows").replaceChildren(...rows.map(edgeRow));
  byId("edges-empty").hidden = rows.length > 0;
  byId("edges").hidden = rows.length === 0;
  const skipped = Object.entries(reply.skipped ?? {}).map(([why, count]) => `${why} ${count}`);
  let note = `${reply.executable ?? rows.length} of ${reply.comparable ?? nothing} pairs`;
  if (skipped.length > 0) note += `; skipped: ${skipped.join(", ")}`;
  setText(byId("edges-note"), note);
}

/** Throws with the reason, after it was shown. */
async function load(force) {
  asking = true;
  attemptedAt = Date.now();
  byId("spreads").setAttribute("aria-busy", "true");
  const query = new URLSearchParams({
    limit, paradex_fallback_leverage: fallback.paradex, grvt_fallback_leverage: fallback.grvt,
    force_refresh: force,
  });
  try {
    const reply = await request(`/api/market/top-spreads?${query}`, { seconds: 60 });
    warmingUp = false;
    byId("scan-problem").hidden = true;
    show(reply);
    query.delete("force_refresh");
    await loadEdges(query);
  } catch (problem) {
    // 503 is the server's word for not having seen enough yet; it tells how far it is.
    warmingUp = problem.status === 503;
    byId("scan-problem").hidden = warmingUp;
    setText(byId("scan-problem"), problem.message);
    if (!latest) {
      setText(byId("spreads-empty"), warmingUp ? problem.message : "No spreads yet.");
    } else byId("spreads").classList.add("stale");
    if (!warmingUp) throw problem;
  } finally {
    asking = false;
    byId("spreads").removeAttribute("aria-busy");
    tick();
  }
}

function typedLeverage(id) {
  const text = byId(id).value.trim();
  const title = byId(id).labels[0].textContent;
  if (!/^\d{1,3}(\.\d{1,4})?$/.test(text) || Number(text) < 1 || Number(text) > 200) {
    byId(id).focus();
    throw new Error(`${title}: a number from 1 to 200`);
  }
  return Number(text);
}

byId("scan").addEventListener("submit", (event) => {
  event.preventDefault();
  perform(byId("apply"), async () => {
    fallback = { paradex: typedLeverage("paradex-leverage"), grvt: typedLeverage("grvt-leverage") };
    await load(false);
  });
});
byId("force").addEventListener("click", () => perform(byId("force"), async () => {
  await load(true);
  return "Both venues were scanned again";
}));
byId("auto").addEventListener("change", tick);

openConsole("market", {
  /** What the stream offers is of use if it was made with the same fallbacks. */
  spreads: (reply) => {
    const same = Number(reply.fallback?.paradex) === fallback.paradex
      && Number(reply.fallback?.grvt) === fallback.grvt && reply.rows?.length <= limit;
    if (same && !asking && byId("auto").checked) show(reply);
  },
});
load(false).catch(() => {});
setInterval(tick, 1000);
