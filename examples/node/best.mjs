// The best bid and the best offer of one asset on two venues, as they change.
// node best.mjs BTC paradex lighter [options of perpwire serve, such as --sim]
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const [asset, first, second, ...options] = process.argv.slice(2);
if (!second) {
  console.error("node best.mjs ASSET VENUE VENUE [options of perpwire serve]");
  process.exit(64);
}
const venues = [first, second];
const command = ["serve", "--stdio", "--venues", venues.join(), ...options];
const gateway = spawn(process.env.PERPWIRE ?? "perpwire", command, {
  stdio: ["pipe", "pipe", "inherit"],
});
gateway.on("exit", (code) => (process.exitCode ||= code ?? 1));
gateway.on("error", (error) => fail(error.message));
// It ends with its input: when nobody reads us any more, nobody reads it.
process.stdout.on("error", () => gateway.stdin.end());

function fail(message) {
  console.error(message);
  process.exit(1);
}

const params = { channels: ["bbo"], symbols: [asset], venues, conflate_ms: 100 };
gateway.stdin.write(JSON.stringify({ id: 1, method: "subscribe", params }) + "\n");

const quotes = new Map(); // venue → its newest quote that may be traded on
let told = "";
for await (const text of createInterface({ input: gateway.stdout })) {
  const line = JSON.parse(text);
  if (line.error) fail(line.error.message);
  if (line.type === "bbo" && !line.flags && line.bid !== null && line.ask !== null)
    quotes.set(line.venue, line);
  else if (line.type === "bbo" || (line.type === "stream" && line.state !== "live"))
    quotes.delete(line.venue);
  if (quotes.size === 2) tell();
}

function tell() {
  // Numbers are good enough to compare; what is printed, and would be traded, is the venue's text.
  const all = [...quotes.values()];
  const bid = all.reduce((best, quote) => (+quote.bid > +best.bid ? quote : best));
  const ask = all.reduce((best, quote) => (+quote.ask < +best.ask ? quote : best));
  const edge = (+bid.bid / +ask.ask - 1) * 10_000;
  const text = `${bid.venue} ${bid.bid}  ${ask.venue} ${ask.ask}  ${edge.toFixed(2)} bp`;
  if (text !== told) console.log((told = text));
}
