// Records quotes of one asset into NAME.sqlite and plots them into NAME.svg.
// node record.mjs NAME paradex:BTC lighter:BTC --duration 60 [options of perpwire record]
// node record.mjs NAME                                       plots what is there
import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";

// The middle of each quote that may be traded on, scaled to 600 by 200; one point for each x.
const POINTS = `
  WITH quote AS (
    SELECT venue || ' ' || symbol AS market, recv_ts AS t, (bid + ask) / 2 AS mid
    FROM bbo_real WHERE flags IS NULL AND bid IS NOT NULL AND ask IS NOT NULL),
  bounds AS (
    SELECT min(t) AS t0, max(1, max(t) - min(t)) AS length,
      min(mid) AS low, max(1e-9, max(mid) - min(mid)) AS range FROM quote)
  SELECT market, (t - t0) * 600 / length AS x,
    CAST(200 - avg(mid - low) * 200 / range AS INTEGER) AS y,
    printf('%.1f s, %.8g to %.8g', length / 1e6, low, low + range) AS caption
  FROM quote, bounds GROUP BY market, x ORDER BY market, x`;
const COLOURS = ["steelblue", "darkorange", "seagreen", "crimson"];

const [name, ...options] = process.argv.slice(2);
if (!name) end(64, "node record.mjs NAME [TARGET… options of perpwire record]");
const file = `${name}.sqlite`;
if (options.length > 0) {
  const command = ["record", "--into", file, ...options];
  const run = spawnSync(process.env.PERPWIRE ?? "perpwire", command, { stdio: "inherit" });
  if (run.status !== 0) end(run.status ?? 1, run.error?.message);
}
const rows = read();
if (rows.length === 0) end(1, `${file} holds no quotes`);
writeFileSync(`${name}.svg`, svg().join("\n") + "\n");
console.log(`${name}.svg: ${rows[0].caption}`);

function end(status, message) {
  if (message) console.error(message);
  process.exit(status);
}

function read() {
  try {
    const options = { stdio: ["ignore", "pipe", "inherit"], maxBuffer: 1 << 28 };
    const text = execFileSync("sqlite3", ["-readonly", "-json", file, POINTS], options);
    return JSON.parse(text.length > 0 ? text : "[]");
  } catch (error) {
    return end(1, error.code && error.message); // else sqlite3 has said it
  }
}

function svg() {
  const lines = new Map();
  for (const { market, x, y } of rows) lines.set(market, [...(lines.get(market) ?? []), `${x},${y}`]);
  const plots = [...lines].flatMap(([market, points], index) => {
    const colour = COLOURS[index % COLOURS.length];
    return [
      `<polyline fill="none" stroke="${colour}" points="${points.join(" ")}"/>`,
      `<text y="${220 + 15 * index}" fill="${colour}">${market}</text>`,
    ];
  });
  return [
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-10 -30 620 300" font-size="12">',
    '<rect x="-10" y="-30" width="620" height="300" fill="white"/>',
    `<text y="-12">${rows[0].caption}</text>`,
    ...plots,
    "</svg>",
  ];
}
