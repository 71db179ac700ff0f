// The trade page: state, symbols, charts, events, and everything that can be switched.

import { byId, element, notify, openConsole, perform, post, request, setText } from "/app.js";
import { Chart } from "/charts.js";
import { addEvents, refreshEvents } from "/events.js";
import {
  age, milliseconds, nothing, number, percent, pricePlaces, quantity, time,
} from "/format.js";
import { Parameters } from "/parameters.js";
import { SymbolTable } from "/symbols.js";

let status = null;
let selected = null;

// Tiles.

function showTiles() {
  const { performance: result = {}, risk_counts: risk = {} } = status;
  setText(byId("engine-state"), status.engine_status);
  byId("engine-state").dataset.state = status.engine_status;
  const since = status.engine_status === "running" && status.started_at;
  setText(byId("engine-detail"), since ? `${status.mode} since ${time(since)}` : `${status.mode}`);
  const exposure = status.net_exposure;
  setText(byId("net-exposure"), number(exposure, pricePlaces(exposure), { trimmed: true }));
  const active = status.active_symbols ?? [];
  const count = Array.isArray(active) ? active.length : active;
  setText(byId("net-exposure-detail"),
    `${status.consistency_ok_count ?? nothing} of ${count} symbols consistent`);
  for (const level of ["normal", "warning", "critical"]) {
    setText(byId(`risk-${level}`), String(risk[level] ?? nothing));
    byId(`risk-${level}`).classList.toggle("none", !risk[level]);
  }
  setText(byId("volume"), number(status.daily_volume, 2));
  setText(byId("volume-detail"), `today, ${result.trade_count ?? 0} fills in this run`);
  showResult(result);
}

function showResult(result) {
  const figure = byId("result");
  setText(figure, number(result.total_pnl, 2, { signed: true }));
  figure.dataset.sign = String(Math.sign(Number(result.total_pnl) || 0));
  const drawdown = percent(result.drawdown_pct);
  setText(byId("result-detail"), `equity ${number(result.equity, 2)}, drawdown ${drawdown}`);
}

function showSwitches() {
  const { simulated_market_data: simulated, live_order_enabled: live } = status.runtime ?? {};
  const stopped = ["stopped", "error"].includes(status.engine_status);
  byId("engine-start").disabled = !stopped;
  byId("engine-stop").disabled = !["running", "starting"].includes(status.engine_status);
  if (document.activeElement !== byId("mode")) byId("mode").value = status.mode;
  const press = (id, on, disabled) => {
    byId(id).setAttribute("aria-pressed", String(on));
    byId(id).disabled = disabled;
  };
  press("data-simulated", simulated === true, !stopped);
  press("data-real", simulated === false, !stopped);
  press("orders-blocked", live === false, false);
  press("orders-live", live === true, live === true);
  setText(byId("orders-live"), live ? "Live" : "Live…");
  byId("selection").disabled = !stopped;
  setText(byId("switch-note"),
    stopped ? "" : "Prices are switched, and live orders enabled, while the engine is stopped.");
  showLiveConditions(stopped, simulated);
}

function showLiveConditions(stopped, simulated) {
  const condition = (met, text) =>
    element("li", { class: met ? "met" : "unmet" }, met ? "✓ " : "✕ ", text);
  byId("live-conditions").replaceChildren(
    condition(stopped, stopped ? "The engine is stopped" : "Stop the engine first"),
    condition(simulated === false,
      simulated === false ? "Prices are real" : "Switch to real prices first"));
}

// Symbols.

function select(symbol) {
  selected = symbol;
  table.mark(symbol);
  parameters.choose(symbol);
  byId("flatten").disabled = false;
  setText(byId("history-title"), `Spread and z-score of ${symbol}`);
  refreshHistory();
}

async function refreshSymbols() {
  try {
    table.updateAll(await request("/api/symbols"));
    setText(byId("symbols-note"), "");
  } catch (problem) {
    setText(byId("symbols-note"), problem.message);
    table.showEmpty("No symbols: perpbot did not answer.");
  }
}

// Charts.

const decimal = (value) => (value === null || value === undefined ? NaN : Number(value));

const historyChart = new Chart(byId("history-chart"), byId("history-readout"), [
  {
    title: "spread, bps", weight: 3, marked: true,
    lines: [{ key: "spread", color: "accent" }, { key: "mean", color: "muted", faint: true }],
    band: { low: "low", high: "high", color: "muted" },
  },
  { title: "z-score", weight: 2, includes: [0], lines: [{ key: "score", color: "violet" }] },
], ({ spread, score }) => `spread ${number(spread, 2)} bps  z ${number(score, 2)}`);

const performanceChart = new Chart(byId("performance-chart"), byId("performance-readout"), [
  { title: "equity", weight: 3, lines: [{ key: "equity", color: "accent" }] },
  {
    title: "drawdown, %", weight: 1, includes: [0],
    lines: [{ key: "drawdown", color: "bad", fill: true }],
  },
], ({ equity, drawdown }) => `equity ${number(equity, 2)}  drawdown ${number(-drawdown, 2)} %`);

/** Before there are enough samples the mean and the deviation are zero, which is not a value. */
function historyPoint(point) {
  const [mean, deviation] = [decimal(point.ma), decimal(point.std)];
  const known = deviation > 0;
  return {
    t: milliseconds(point.ts_ms), spread: decimal(point.spread_bps),
    score: known || !("std" in point) ? decimal(point.zscore) : NaN, mean: known ? mean : NaN,
    low: known ? mean - deviation : NaN, high: known ? mean + deviation : NaN,
  };
}

async function refreshHistory() {
  if (!selected || document.hidden) return;
  const symbol = selected;
  const empty = byId("history-empty");
  try {
    const reply = await request(`/api/history?symbol=${encodeURIComponent(symbol)}&limit=600`);
    if (symbol !== selected) return;
    const { entry, exit } = parameters.thresholds(symbol, status?.mode);
    const levels = [entry, -entry, exit, -exit].filter(Number.isFinite);
    historyChart.show((reply.points ?? []).map(historyPoint),
      (reply.trades ?? []).map(({ ts_ms, kind }) => ({ t: milliseconds(ts_ms), kind })),
      { "z-score": levels });
    empty.hidden = (reply.points ?? []).length > 1;
    setText(empty, "No samples yet. They come once the engine runs.");
  } catch (problem) {
    setText(empty, problem.message);
  }
}

const facts = [
  ["Realised", "realized_pnl", (value) => number(value, 2, { signed: true })],
  ["Unrealised", "unrealized_pnl", (value) => number(value, 2, { signed: true })],
  ["Result", "pnl_pct", (value) => percent(value, { signed: true })],
  ["Max drawdown", "max_drawdown_pct", percent],
  ["Peak equity", "peak_equity", (value) => number(value, 2)],
  ["Fees", "fees", (value) => number(value, 2)],
  ["Turnover", "turnover", (value) => number(value, 2)],
  ["Trades", "trade_count", (value) => number(value, 0)],
];

const fact = (title, text) =>
  element("div", {}, element("dt", {}, title), element("dd", {}, text));

async function refreshPerformance() {
  if (document.hidden) return;
  const empty = byId("performance-empty");
  try {
    const { equity = [], summary = {} } = await request("/api/performance");
    performanceChart.show(equity.map((point) => ({
      t: milliseconds(point.ts_ms), equity: decimal(point.equity),
      drawdown: -Math.abs(decimal(point.drawdown_pct)),
    })));
    empty.hidden = equity.length > 1;
    setText(empty, "No equity yet. It is reckoned from the start of the engine.");
    const balances = Object.entries(status?.balances ?? {});
    byId("performance-facts").replaceChildren(
      ...facts.map(([title, key, show]) => fact(title, show(summary[key]))),
      ...balances.map(([venue, amount]) => fact(`Balance ${venue}`, number(amount, 2))));
    if (!status?.performance) showResult(summary);
  } catch (problem) {
    setText(empty, problem.message);
  }
}

// What the user does.

const act = (id, action) => byId(id).addEventListener("click", () =>
  perform(byId(id), async () => {
    try {
      return await action();
    } finally {
      frame.refreshStatus();
      refreshEvents();
    }
  }));

const parameters = new Parameters(select);

const table = new SymbolTable({
  select,
  entryOf: ({ symbol, params }) => {
    parameters.learn(symbol, params);
    return parameters.thresholds(symbol, status?.mode).entry;
  },
  shown: (symbols) => {
    parameters.offer(symbols);
    if (!selected) select(symbols[0]);
  },
});

function connectEngine() {
  act("engine-start", async () => (await post("/api/engine/start")).message || "Engine started");
  act("engine-stop", async () => (await post("/api/engine/stop")).message || "Engine stopped");
  act("refresh", async () => {
    await Promise.all(
      [refreshSymbols(), refreshHistory(), refreshPerformance(), refreshSelection()]);
    return "Refreshed";
  });
  byId("mode").addEventListener("change", () => perform(byId("mode"), async () => {
    const mode = byId("mode").value;
    byId("mode").blur();
    const reply = await post("/api/mode", { mode }).finally(frame.refreshStatus);
    return reply.message || `Mode ${mode}`;
  }));
  const data = (simulated) => async () => {
    const path = "/api/runtime/market-data-mode";
    const reply = await post(path, { simulated_market_data: simulated });
    return reply.message || `Prices are ${simulated ? "simulated" : "real"}`;
  };
  act("data-simulated", data(true));
  act("data-real", data(false));
}

function connectLiveSwitch() {
  const [dialog, text, problem] = ["live-dialog", "live-text", "live-problem"].map(byId);
  const path = "/api/runtime/order-execution";
  act("orders-blocked", async () => {
    const reply = await post(path, { live_order_enabled: false });
    return reply.message || "Orders are blocked";
  });
  byId("orders-live").addEventListener("click", () => {
    text.value = "";
    problem.hidden = true;
    dialog.showModal();
    text.focus();
  });
  byId("live-cancel").addEventListener("click", () => dialog.close());
  byId("live-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const body = { live_order_enabled: true, confirm_text: text.value };
      const reply = await post(path, body);
      dialog.close();
      notify("good", reply.message || "Live orders are enabled");
    } catch (refusal) {
      setText(problem, refusal.message);
      problem.hidden = false;
      text.select();
    }
    frame.refreshStatus();
  });
}

function connectFlatten() {
  const dialog = byId("flatten-dialog");
  byId("flatten").addEventListener("click", () => {
    const row = table.rows.get(selected) ?? {};
    const live = status?.runtime?.live_order_enabled === true;
    setText(byId("flatten-title"), `Flatten ${selected}?`);
    setText(byId("flatten-text"), live
      ? "Both legs are closed at market, reduce-only, whatever the spread is."
      : "Orders are blocked: this is reported, and no order is sent.");
    byId("flatten-positions").replaceChildren(
      fact("Paradex", quantity(row.paradex_position)), fact("GRVT", quantity(row.grvt_position)));
    dialog.returnValue = "cancel";
    dialog.showModal();
  });
  dialog.addEventListener("close", () => {
    if (dialog.returnValue !== "flatten") return;
    const symbol = selected;
    perform(byId("flatten"), async () => {
      const path = `/api/symbol/${encodeURIComponent(symbol)}/flatten`;
      const reply = await post(path).finally(refreshEvents);
      return reply.message || `${symbol}: flatten requested`;
    });
  });
}

/** The pairs that the next start may be on; they come with the first scan of both venues. */
async function refreshSelection() {
  const select = byId("selection");
  if (document.hidden || document.activeElement === select) return;
  const selection = await request("/api/trade/selection").catch(() => null);
  const names = (selection?.candidates ?? []).map((candidate) => candidate.symbol ?? candidate);
  byId("selection-row").hidden = names.length === 0;
  const shown = [...select.options].map((option) => option.value);
  if (String(shown) !== String(names)) {
    select.replaceChildren(...names.map((name) => element("option", {}, name)));
  }
  select.value = selection?.symbol ?? "";
}

function connectSelection() {
  const select = byId("selection");
  select.addEventListener("change", () => perform(select, async () => {
    const symbol = select.value;
    select.blur();
    const body = { symbol, force_refresh: false };
    const reply = await post("/api/trade/selection", body).finally(refreshSelection);
    return reply.message || `Pair ${symbol}`;
  }));
}

const frame = openConsole("trade", {
  status: (told) => {
    status = told;
    showTiles();
    showSwitches();
  },
  symbols: (list) => table.updateAll(list),
  symbol: (row) => table.update(row),
  event: (event) => addEvents([event]),
  connection: (state) => {
    setText(byId("stream-state"), state);
    byId("stream-state").dataset.state = state;
    // What happened while nothing was heard.
    if (state === "connected") refreshEvents();
  },
});

byId("flatten").disabled = true;
byId("parameters").addEventListener("submit", (event) => {
  event.preventDefault();
  perform(byId("parameters-update"), async () => {
    await parameters.update();
    refreshHistory();
  });
});
connectEngine();
connectLiveSwitch();
connectFlatten();
connectSelection();
parameters.load();
refreshSymbols();
refreshPerformance();
refreshSelection();
setInterval(refreshHistory, 5000);
setInterval(refreshSelection, 15000);
setInterval(refreshPerformance, 10000);
setInterval(() => {
  const heard = table.heardAt;
  setText(byId("stream-detail"), heard ? `last row ${age(Date.now() - heard)} ago` : "no row yet");
}, 1000);
