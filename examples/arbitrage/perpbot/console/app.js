// What the three pages share: the frame around them, requests, the stream, and the theme.
// Symbols and error texts are not to be trusted: they only ever become text nodes.

import { age } from "/format.js";

const tokenKey = "perpbot.token";
const themeKey = "perpbot.theme";
const pages = [
  ["market", "Market"],
  ["trade", "Trade"],
  ["api-config", "API keys"],
];

export const byId = (id) => document.getElementById(id);

/** An element with attributes, listeners (the values that are functions), and children. */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") node.addEventListener(name, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== undefined && child !== null));
  return node;
}

/** Writes only what has changed, so that selections and screen readers are left in peace. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// The server. A page that is hosted elsewhere names it in its <meta> elements.

const configured = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";
const apiBase = configured("perpbot-api-base-url").replace(/\/$/, "");

function streamAddress() {
  const base = new URL(apiBase || location.origin, location.href);
  const stream = `${base.href.replace(/\/$/, "")}/ws/stream`;
  const address = new URL(configured("perpbot-ws-url") || stream);
  address.protocol = address.protocol.replace("http", "ws");
  address.searchParams.set("token", token());
  return address.href;
}

// The token comes with the first address and is taken out of it: addresses end up in histories.

function token() {
  return sessionStorage.getItem(tokenKey) ?? "";
}

function takeToken() {
  const address = new URL(location.href);
  const given = address.searchParams.get("token");
  if (given === null) return;
  if (given) sessionStorage.setItem(tokenKey, given);
  address.searchParams.delete("token");
  history.replaceState(null, "", address.pathname + address.search + address.hash);
}

function askForToken() {
  if (byId("token-dialog")) return;
  const input = element("input", {
    id: "token-input", "data-testid": "token-input", type: "password", required: true,
    autocomplete: "off", spellcheck: "false",
  });
  const refused = token() ? "The token of this tab is not the server's. " : "";
  const dialog = element("dialog", { id: "token-dialog", "data-testid": "token-dialog" },
    element("form", { method: "dialog" },
      element("h2", {}, "Token needed"),
      element("p", {}, `${refused}Paste the token that perpbot printed when it started.`),
      element("label", { for: "token-input" }, "Token"), input,
      element("div", { class: "buttons end" },
        element("button", { class: "primary", "data-testid": "token-save" }, "Continue"))));
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.addEventListener("close", () => {
    sessionStorage.setItem(tokenKey, input.value.trim());
    location.reload();
  });
  document.body.append(dialog);
  dialog.showModal();
}

// Requests.

/** Why a request failed, in words for the user; `status` is 0 where there was no answer. */
export class RequestError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

function reasonIn(reply) {
  for (const text of [reply?.message, reply?.error?.message, reply?.error, reply?.detail]) {
    if (typeof text === "string" && text) return text;
  }
  return undefined;
}

/** The reply as JSON; a RequestError where there is none, or the server refuses. */
export async function request(path, { method = "GET", body, seconds = 15 } = {}) {
  const headers = { Accept: "application/json" };
  if (token()) headers.Authorization = `Bearer ${token()}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(apiBase + path, {
      method, headers, cache: "no-store", signal: AbortSignal.timeout(seconds * 1000),
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (problem) {
    const isLate = problem.name === "TimeoutError";
    const why = isLate ? `did not answer within ${seconds} s` : "cannot be reached";
    throw new RequestError(`perpbot ${why}. Is it running?`, 0);
  }
  if (response.status === 401) {
    askForToken();
    throw new RequestError("The token was refused.", 401);
  }
  const reply = await response.json().catch(() => null);
  if (!response.ok) {
    const reason = reasonIn(reply) ?? `perpbot answered ${response.status}.`;
    throw new RequestError(reason, response.status);
  }
  if (reply === null) throw new RequestError("perpbot's answer is no JSON.", response.status);
  return reply;
}

/** Posts; a reply that says `ok: false` fails with its message and carries the reply. */
export async function post(path, body = {}, seconds = 30) {
  const reply = await request(path, { method: "POST", body, seconds });
  if (reply.ok !== false) return reply;
  const refusal = new RequestError(reasonIn(reply) ?? "Refused", 200);
  refusal.reply = reply;
  throw refusal;
}

/** Runs what a control is for, once at a time, and tells how it went. */
export async function perform(button, action) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    const message = await action();
    if (message) notify("good", message);
  } catch (problem) {
    notify("bad", problem.message);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/** Shows a notice for some seconds; failures stay until they are closed. */
export function notify(kind, message) {
  const notice = element("div", { class: `notice ${kind}`, "data-testid": `notice-${kind}` },
    element("p", {}, message),
    element("button", {
      class: "plain", type: "button", "aria-label": "Close", click: () => notice.remove(),
    }, "×"));
  const board = byId("notices");
  board.append(notice);
  while (board.children.length > 4) board.firstElementChild.remove();
  if (kind === "good") setTimeout(() => notice.remove(), 6000);
}

// The stream.

/** A WebSocket that comes back: after 1 s, doubling to 15 s; at once when tab or network do. */
class Stream {
  constructor(received, changed) {
    Object.assign(this, { received, changed, delay: 1000, heardAt: 0, socket: null });
    addEventListener("online", () => this.retryNow());
    addEventListener("offline", () => this.socket?.close());
    addEventListener("pagehide", () => this.socket?.close());
    document.addEventListener("visibilitychange", () => document.hidden || this.retryNow());
    // The server is never silent for more than 20 s; some networks swallow what they cut off.
    setInterval(() => {
      if (this.isOpen && Date.now() - this.heardAt > 30000) this.socket.close();
    }, 5000);
  }

  get isOpen() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  retryNow() {
    if (!this.timer) return;
    this.delay = 1000;
    this.open();
  }

  open() {
    clearTimeout(this.timer);
    this.timer = null;
    this.changed(this.opened ? "reconnecting" : "connecting");
    try {
      this.socket = new WebSocket(streamAddress());
    } catch {
      this.changed("error");
      return;
    }
    const socket = this.socket;
    socket.onopen = () => {
      this.opened = true;
      this.delay = 1000;
      this.heardAt = Date.now();
      this.changed("connected");
    };
    socket.onmessage = (message) => {
      this.heardAt = Date.now();
      try {
        this.received(JSON.parse(message.data));
      } catch (problem) {
        console.error("a line of the stream was not understood:", problem);
      }
    };
    socket.onclose = (closing) => this.closed(socket, closing.code);
  }

  closed(socket, code) {
    if (socket !== this.socket) return;
    const refused = code === 1008 || code === 4401;
    this.changed(refused ? "error" : navigator.onLine ? "reconnecting" : "disconnected");
    this.timer = setTimeout(() => this.open(), this.delay);
    this.delay = Math.min(this.delay * 2, 15000);
  }
}

// The frame: navigation, banner, connection, theme, notices.

function showTheme(theme) {
  document.documentElement.dataset.theme = theme;
  const other = theme === "dark" ? "light" : "dark";
  const button = byId("theme-toggle");
  if (!button) return;
  button.setAttribute("aria-label", `Switch to the ${other} theme`);
  setText(button, theme === "dark" ? "☀" : "☾");
  document.dispatchEvent(new Event("themechange"));
}

function toggleTheme() {
  const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem(themeKey, theme);
  showTheme(theme);
}

function buildFrame(page) {
  const link = ([name, title]) => element("a", {
    href: `/${name}`, "data-testid": `nav-${name}`, "aria-current": name === page && "page",
  }, title);
  byId("frame").replaceChildren(
    element("a", { class: "skip", href: "#main" }, "Skip to the content"),
    element("div", { class: "bar" },
      element("a", { class: "brand", href: "/market" }, "perpbot"),
      element("nav", { "aria-label": "Pages" }, ...pages.map(link)),
      element("span", {
        id: "connection", class: "connection", "data-testid": "connection", role: "status",
      }, "connecting"),
      element("button", {
        id: "theme-toggle", class: "plain round", "data-testid": "theme-toggle", type: "button",
        click: toggleTheme,
      })));
  byId("frame").after(element("div", {
    id: "banner", class: "banner unknown", "data-testid": "banner", role: "status",
  }, element("strong", {}, "UNKNOWN"), element("span", {}, "Asking perpbot for its state.")));
  document.body.append(element("div", {
    id: "notices", class: "notices", "data-testid": "notices", "aria-live": "assertive",
  }));
}

/** What a status means for the one question that matters: do orders reach a venue? */
export function tradingState(status) {
  const { simulated_market_data: simulated, live_order_enabled: live } = status.runtime ?? {};
  const { venues, blocked_reason: obstacle } = status.runtime ?? {};
  const engine = `Engine ${status.engine_status}.`;
  if (simulated === undefined) return ["unknown", "UNKNOWN", `perpbot hides its state. ${engine}`];
  if (simulated) {
    const orders = live ? "while live orders are on: no start" : "no order reaches a venue";
    return ["simulated", "SIMULATED", `Prices are simulated, ${orders}. ${engine}`];
  }
  const prices = venues === "simulated" ? "Prices are of simulated venues" : "Prices are real";
  if (!live) return ["blocked", "BLOCKED", `${prices}, orders are blocked. ${engine}`];
  const hindered = obstacle ? `, held back: ${obstacle}` : "";
  const running = status.engine_status === "running";
  const money = venues === "simulated" ? "to them" : "with real money";
  const orders = running ? `orders are sent ${money}` : "orders are sent once it runs";
  return ["live", "LIVE", `${prices}, ${orders}${hindered}. ${engine}`];
}

function showBanner(kind, title, text) {
  const banner = byId("banner");
  banner.className = `banner ${kind}`;
  setText(banner.firstElementChild, title);
  setText(banner.lastElementChild, text);
}

/**
 * Builds the frame and keeps it true: from the stream, and from the status every 15 s.
 * `handlers` may have `status`, `symbols`, `symbol`, `event`, `spreads` and `connection`.
 */
export function openConsole(page, handlers = {}) {
  let connection = "connecting";
  let informedAt = Date.now();
  let unreachable = null;
  let known = null;

  function informed(status) {
    informedAt = Date.now();
    unreachable = null;
    known = status;
    showBanner(...tradingState(status));
    handlers.status?.(status);
  }
  async function refreshStatus() {
    try {
      informed(await request("/api/status"));
    } catch (problem) {
      unreachable = problem.message;
    }
    tick();
  }
  function received({ type, data }) {
    if (type === "snapshot") {
      informed(data.status);
      handlers.symbols?.(data.symbols ?? []);
    } else if (type === "symbol") handlers.symbol?.(data);
    else if (type === "event") handlers.event?.(data);
    else if (type === "market_top_spreads") handlers.spreads?.(data);
  }
  function tick() {
    const old = Date.now() - informedAt;
    const isOld = old > 5000 && connection !== "connected";
    document.body.classList.toggle("old", isOld);
    const pill = byId("connection");
    pill.dataset.state = connection;
    setText(pill, isOld && known ? `${connection} · data ${age(old)} old` : connection);
    if (unreachable && known === null) showBanner("unknown", "UNKNOWN", unreachable);
    else if (unreachable) {
      const [kind, title] = tradingState(known);
      showBanner(`${kind} doubtful`, `${title}?`, `Last known ${age(old)} ago. ${unreachable}`);
    }
  }
  takeToken();
  showTheme(document.documentElement.dataset.theme);
  buildFrame(page);
  showTheme(document.documentElement.dataset.theme);
  const stream = new Stream(received, (state) => {
    connection = state;
    handlers.connection?.(state);
    tick();
    // Whoever serves nothing at all should be noticed before the next turn of the poll.
    if (state === "reconnecting") refreshStatus();
  });
  stream.open();
  refreshStatus();
  setInterval(refreshStatus, 15000);
  setInterval(tick, 1000);
  return { refreshStatus };
}

document.documentElement.dataset.theme = localStorage.getItem(themeKey) ?? "dark";
