// The parameters of a symbol: which there are, what is known of them, and what is typed.

import { byId, element, notify, post, request, setText } from "/app.js";
import { quantity } from "/format.js";

const fields = [
  ["z_entry", "z entry"],
  ["z_exit", "z exit"],
  ["max_position", "max position"],
  ["z_zero_entry", "zero z entry"],
  ["z_zero_exit", "zero z exit"],
  ["base_order_qty", "base order"],
  ["max_batch_qty", "max batch"],
  ["min_edge_bps", "min edge, bps"],
  ["loop_interval_ms", "loop, ms"],
  ["rest_consistency_ms", "REST, ms"],
];
const upFront = 3;

/** Numbers by key of what is typed; throws with the reason where that is no use. */
function typedValues(known) {
  const typed = {};
  for (const [key, title] of fields) {
    const text = byId(`parameter-${key}`).value.replace(/\s/g, "").replace(",", ".");
    if (text === "") continue;
    if (!/^\d{1,9}(\.\d{1,8})?$/.test(text)) throw new Error(`${title}: ${text} is no number`);
    if (key.endsWith("_ms") && !/^\d+$/.test(text)) throw new Error(`${title}: whole ms only`);
    const mayBeZero = key.endsWith("exit") || key === "min_edge_bps";
    if (Number(text) === 0 && !mayBeZero) throw new Error(`${title}: must be above zero`);
    typed[key] = Number(text);
  }
  if (Object.keys(typed).length === 0) throw new Error("Change at least one value");
  for (const [entry, exit] of [["z_entry", "z_exit"], ["z_zero_entry", "z_zero_exit"]]) {
    const high = typed[entry] ?? Number(known[entry]);
    const low = typed[exit] ?? Number(known[exit]);
    if ((entry in typed || exit in typed) && low >= high) {
      throw new Error(`${exit} ${low} must be below ${entry} ${high}`);
    }
  }
  return typed;
}

/** The form; `chosen` is called with the symbol that the user picks in it. */
export class Parameters {
  constructor(chosen) {
    this.general = {};
    this.own = {};
    fields.forEach(([key, title], index) => {
      const input = element("input", {
        id: `parameter-${key}`, "data-testid": key, inputmode: "decimal", autocomplete: "off",
        input: () => { byId("parameters-problem").hidden = true; },
      });
      const box = element("div", { class: "field" },
        element("label", { for: `parameter-${key}` }, title), input);
      byId(index < upFront ? "parameter-fields" : "more-parameter-fields").append(box);
    });
    byId("symbol").addEventListener("change", () => chosen(byId("symbol").value));
  }

  /** What is known from GET /api/config: the `params` that a symbol begins with. */
  async load() {
    try {
      const config = await request("/api/config");
      this.general = config.params ?? {};
      this.showKnown();
    } catch {
      // A page without placeholders is as good; what really is wrong is told elsewhere.
    }
  }

  /** What a row or a reply tells of one symbol. */
  learn(symbol, params) {
    if (!params) return;
    this.own[symbol] = params;
    if (symbol === this.symbol) this.showKnown();
  }

  of(symbol) {
    return { ...this.general, ...this.own[symbol] };
  }

  /** The z-scores at which the mode opens and closes; NaN where they are not known. */
  thresholds(symbol, mode) {
    const known = this.of(symbol);
    const prefix = mode === "zero_wear" ? "z_zero_" : "z_";
    return { entry: Number(known[`${prefix}entry`]), exit: Number(known[`${prefix}exit`]) };
  }

  offer(symbols) {
    const select = byId("symbol");
    const value = select.value;
    select.replaceChildren(...symbols.map((name) => element("option", { value: name }, name)));
    if (symbols.includes(value)) select.value = value;
  }

  choose(symbol) {
    this.symbol = symbol;
    byId("symbol").value = symbol;
    byId("parameters").reset();
    byId("symbol").value = symbol;
    byId("parameters-problem").hidden = true;
    this.showKnown();
  }

  showKnown() {
    const known = this.of(this.symbol);
    for (const [key] of fields) {
      const value = known[key];
      const text = value === undefined || value === null ? "" : quantity(value);
      byId(`parameter-${key}`).placeholder = text;
    }
  }

  /** Sends what is typed; what is wrong with it is told beside the form. */
  async update() {
    const problem = byId("parameters-problem");
    try {
      const params = typedValues(this.of(this.symbol));
      const path = `/api/symbol/${encodeURIComponent(this.symbol)}/params`;
      const reply = await post(path, { params });
      this.learn(this.symbol, reply.data ?? { ...this.of(this.symbol), ...params });
      const told = Object.entries(params).map(([key, value]) => `${key} ${value}`).join(", ");
      notify("good", reply.message || `${this.symbol}: ${told}`);
      this.choose(this.symbol);
    } catch (refusal) {
      setText(problem, refusal.message);
      problem.hidden = false;
    }
  }
}
