// Writes a gateway's lossless lines to a file, each of them once, through its restarts and ours.
//     perpwire serve --socket ~/perpwire.sock --journal ~/perpwire.sqlite &
//     node resume.mjs ~/perpwire.sock lines.jsonl [BTC]
// The file is the memory as well: whoever starts again goes on behind its last line.
import { ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const [path, file, asset = "BTC"] = process.argv.slice(2);
if (!file) fail("node resume.mjs SOCKET FILE [ASSET]");
const output = openSync(file, "a");
let journal, seq; // where we are
recall();
for (;;) {
  await follow().catch((error) => {
    if (!error.code) throw error; // else the gateway is gone; it will be back
  });
  await sleep(200);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

function recall() {
  const bytes = readFileSync(file);
  const whole = bytes.lastIndexOf("\n") + 1;
  ftruncateSync(output, whole);
  for (const text of bytes.toString("utf8", 0, whole).split("\n").slice(0, -1))
    advance(JSON.parse(text));
}

function advance(line) {
  if (line.type === "hello") [journal, seq] = [line.journal.id, line.journal.last];
  else seq = line.type === "gap_fill" ? line.to : line.seq;
}

function write(text, line) {
  writeSync(output, text + "\n"); // whole, and before anything else
  advance(line);
}

/** Writes the line if it is lossless and new. */
function take(text, line) {
  if (line.error) fail(line.error.message);
  const isGap = line.type === "gap_fill"; // of lines that are held no more
  if (!isGap && !(line.seq > seq)) return;
  if (!isGap && line.seq !== seq + 1) fail(`line ${line.seq} after ${seq}: this cannot be`);
  write(text, line);
}

/** One connection, to its end. */
async function follow() {
  const socket = connect(path);
  const closed = new Promise((resolve, reject) => socket.on("close", resolve).on("error", reject));
  const texts = createInterface({ input: socket }).on("error", () => {}); // `closed` tells
  let isFirst = true;
  texts.on("line", (text) => {
    const line = parse(text);
    if (!line) return;
    if (isFirst) greet(socket, text, line);
    else take(text, line);
    isFirst = false;
  });
  await closed;
}

/** Nothing for a line that the end of the gateway has torn. */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function greet(socket, text, hello) {
  if (hello.journal.id !== journal) {
    if (journal) console.error("another journal: beginning anew");
    write(text, hello);
  }
  const place = { resume: { seq, journal } };
  const topics = { channels: ["bbo"], symbols: [asset] };
  socket.write(JSON.stringify({ id: 1, method: "hello", params: place }) + "\n");
  socket.write(JSON.stringify({ id: 2, method: "subscribe", params: topics }) + "\n");
}
