// The table of symbols. A row is built once; afterwards only what has changed is written.

import { byId, element, setText } from "/app.js";
import { nothing, number, pricePlaces, quantity, time } from "/format.js";

function riskOf(row) {
  const risk = row.risk ?? {};
  const bad = [
    risk.stale && "stale", risk.consistency_ok === false && "inconsistent",
    risk.ws_ok === false && "stream", risk.health_ok === false && "health",
  ].filter(Boolean);
  let kind = "good";
  if (bad.length > 0 || risk.can_open === false) kind = "warn";
  if (risk.ws_ok === false || risk.health_ok === false) kind = "bad";
  // Of an engine that is stopped nothing else is to be expected.
  if (row.status === "stopped" && bad.length > 0) kind = "hold";
  const text = bad.length > 0 ? bad.join(", ") : risk.can_open === false ? "no opening" : "ok";
  return { kind, text, reason: risk.reason || row.reason || "" };
}

function signalKind(signal) {
  const text = String(signal ?? "").toLowerCase();
  return ["open", "close", "rebalance", "flatten"].find((kind) => text.includes(kind)) ?? "hold";
}

function buildRow(symbol, select) {
  const cell = {};
  const two = (name, label, className = "n") => {
    cell[`${name}1`] = element("span", {});
    cell[`${name}2`] = element("small", {});
    return element("td", { class: className, "data-label": label },
      element("span", { class: "two" }, cell[`${name}1`], cell[`${name}2`]));
  };
  cell.button = element("button", {
    class: "plain name", type: "button", "aria-pressed": "false",
  }, symbol);
  cell.status = element("small", {});
  cell.signal = element("span", { class: "chip" });
  cell.risk = element("span", { class: "chip" });
  cell.reason = element("small", { class: "reason" });
  cell.updated = element("td", { class: "n quiet", "data-label": "Updated" });
  // The button is for the keyboard; a pointer may hit the row anywhere.
  cell.row = element("tr", { "data-testid": `symbol-${symbol}`, click: () => select(symbol) },
    element("th", { scope: "row" }, element("span", { class: "two" }, cell.button, cell.status)),
    element("td", { class: "head", "data-label": "Signal" }, cell.signal),
    two("paradex", "Paradex bid / ask"), two("grvt", "GRVT bid / ask"),
    two("spread", "Spread bps"), two("score", "z-score"),
    two("legs", "Paradex / GRVT", "n amounts"), two("net", "Net / target", "n amounts"),
    element("td", { class: "wide", "data-label": "Risk" },
      element("span", { class: "two" }, cell.risk, cell.reason)),
    cell.updated);
  return cell;
}

function fillRow(cell, row, entry) {
  const places = pricePlaces(row.paradex_mid ?? row.grvt_mid ?? row.paradex_bid);
  const price = (value) => number(value, places);
  setText(cell.status, row.status ?? "");
  setText(cell.signal, String(row.signal ?? nothing));
  cell.signal.dataset.kind = signalKind(row.signal);
  setText(cell.paradex1, price(row.paradex_bid));
  setText(cell.paradex2, price(row.paradex_ask));
  setText(cell.grvt1, price(row.grvt_bid));
  setText(cell.grvt2, price(row.grvt_ask));
  setText(cell.spread1, number(row.spread_bps, 2, { signed: true }));
  setText(cell.spread2, number(row.spread_price, places, { signed: true }));
  setText(cell.score1, number(row.zscore, 2, { signed: true }));
  cell.score1.classList.toggle("hot", entry > 0 && Math.abs(Number(row.zscore)) >= entry);
  const amounts = {
    legs1: row.paradex_position, legs2: row.grvt_position, net1: row.net_position,
    net2: row.target_position,
  };
  for (const [name, amount] of Object.entries(amounts)) {
    setText(cell[name], quantity(amount, { signed: true }));
    cell[name].classList.toggle("amount", Boolean(Number(amount)));
  }
  const risk = riskOf(row);
  setText(cell.risk, risk.text);
  cell.risk.dataset.kind = risk.kind;
  setText(cell.reason, risk.reason);
  cell.reason.title = risk.reason;
  cell.row.classList.toggle("stale", row.risk?.stale === true);
  setText(cell.updated, time(row.updated_at));
}

/**
 * Rows by symbol, shown at most every 250 ms. `select` is called with the symbol that is clicked,
 * `entryOf` tells the z-score at which the symbol of a row is opened, `shown` is called when there
 * are others.
 */
export class SymbolTable {
  constructor({ select, entryOf, shown }) {
    Object.assign(this, { select, entryOf, shown, heardAt: 0, flushing: null });
    this.rows = new Map();
    this.cells = new Map();
    this.changed = new Set();
  }

  get symbols() {
    return [...this.rows.keys()];
  }

  update(row) {
    if (!row?.symbol) return;
    this.heardAt = Date.now();
    this.rows.set(row.symbol, { ...this.rows.get(row.symbol), ...row });
    this.changed.add(row.symbol);
    this.flushing ??= setTimeout(() => this.flush(), 250);
  }

  /** What there is now; a symbol that is not among it goes. */
  updateAll(list) {
    const present = new Set(list.map((row) => row.symbol));
    for (const symbol of this.symbols.filter((name) => !present.has(name))) {
      this.rows.delete(symbol);
      this.changed.delete(symbol);
      this.cells.get(symbol)?.row.remove();
      this.cells.delete(symbol);
    }
    for (const row of list) this.update(row);
    if (list.length === 0) this.showEmpty("No symbols yet. Start the engine.");
  }

  showEmpty(text) {
    byId("symbols-empty").hidden = this.rows.size > 0;
    setText(byId("symbols-empty"), text);
  }

  flush() {
    this.flushing = null;
    const before = this.cells.size;
    for (const symbol of this.changed) {
      if (!this.cells.has(symbol)) {
        this.cells.set(symbol, buildRow(symbol, this.select));
        byId("symbol-rows").append(this.cells.get(symbol).row);
      }
      const row = this.rows.get(symbol);
      fillRow(this.cells.get(symbol), row, this.entryOf(row));
    }
    this.changed.clear();
    byId("symbols-empty").hidden = this.rows.size > 0;
    if (this.cells.size !== before) this.shown(this.symbols);
  }

  mark(symbol) {
    for (const [name, { row, button }] of this.cells) {
      button.setAttribute("aria-pressed", String(name === symbol));
      row.classList.toggle("selected", name === symbol);
    }
  }
}
