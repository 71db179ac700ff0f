// The best bid and the best offer of one asset over all venues, as they change: spawns
// `perpwire serve --stdio`, subscribes, and reads its lines. node best.mjs BTC [--sim …]
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const [asset = "BTC", ...options] = process.argv.slice(2);
const gateway = spawn(process.env.PERPWIRE ?? "perpwire", ["serve", "--stdio", ...options], {
  stdio: ["pipe", "pipe", "inherit"],
});
gateway.on("exit", (code) => process.exit(code ?? 1));
// The end of our output is the end of everything.
process.stdout.on("error", () => gateway.stdin.end());

const say = (id, method, params = {}) =>
  gateway.stdin.write(JSON.stringify({ id, method, params }) + "\n");
say(1, "hello", { parent_pid: process.pid });
say(2, "subscribe", { channels: ["bbo"], symbols: [asset], conflate_ms: 100 });

const quotes = new Map(); // venue → its newest sound quote
let told = "";
for await (const text of createInterface({ input: gateway.stdout })) {
  const line = JSON.parse(text);
  if (line.error) {
    console.error(line.error.message);
    gateway.stdin.end();
  } else if (line.type === "bbo") {
    // A quote with flags must not be traded on; an empty side is null.
    if (line.flags || line.bid === null || line.ask === null) quotes.delete(line.venue);
    else quotes.set(line.venue, line);
  } else if (line.type === "stream" && line.channel === "bbo" && line.state !== "live") {
    quotes.delete(line.venue);
  } else continue;
  tell();
}

function tell() {
  const all = [...quotes.values()];
  if (all.length < 2) return;
  // Numbers are good enough to compare; what is printed, and would be traded, is the venue's text.
  const bid = all.reduce((best, quote) => (+quote.bid > +best.bid ? quote : best));
  const ask = all.reduce((best, quote) => (+quote.ask < +best.ask ? quote : best));
  const edge = ((+bid.bid - +ask.ask) / +ask.ask) * 10_000;
  const text = `${bid.venue} ${bid.bid}  ${ask.venue} ${ask.ask}  ${edge.toFixed(2)} bp`;
  if (text !== told) console.log((told = text));
}
