// Line charts over time on a canvas: panes under each other that share one axis and one cursor.
// Values are drawn, not reckoned with: here, and only here, decimals become binary fractions.

import { time } from "/format.js";

const rightMargin = 58;
const bottomMargin = 20;
const gap = 14;
const markShapes = { open: "▲", close: "▼", rebalance: "◆", flatten: "✕" };

/** Steps of 1, 2 or 5 times a power of ten, about `count` of them between the two ends. */
export function ticks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
  const places = Math.min(12, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
  const found = [];
  for (let index = Math.ceil(low / step); index * step <= high; index += 1) {
    const value = index * step;
    found.push({ value, text: value.toFixed(places).replace("-", "\u2212") });
  }
  return found;
}

/** What is between two samples that are further apart than usual was not seen: no line there. */
function longestStep(points) {
  const steps = points.slice(1).map((point, index) => point.t - points[index].t);
  steps.sort((a, b) => a - b);
  return Math.max(10000, 5 * (steps[Math.floor(steps.length / 2)] ?? 0));
}

/**
 * `panes` are from top to bottom: {title, weight, lines: [{key, color, fill, faint}], band: {low,
 * high, color}, includes: [values that are always in sight], marked}. Colors are names of CSS
 * variables. `describe(point)` is the text of the readout.
 */
export class Chart {
  constructor(canvas, readout, panes, describe) {
    Object.assign(this, { canvas, readout, panes, describe, cursor: null });
    this.points = [];
    this.marks = [];
    this.guides = {};
    new ResizeObserver(() => this.paint()).observe(canvas);
    document.addEventListener("themechange", () => this.paint());
    canvas.addEventListener("pointermove", (event) => this.pointAt(event.offsetX));
    canvas.addEventListener("pointerleave", () => this.moveCursor(null));
    canvas.addEventListener("blur", () => this.moveCursor(null));
    canvas.addEventListener("keydown", (event) => this.keyPressed(event));
  }

  /**
   * `points` are {t, …values by key}, oldest first; `marks` {t, kind}; `guides` are levels by the
   * title of their pane.
   */
  show(points, marks = [], guides = {}) {
    const looked = this.cursor === null ? null : this.points[this.cursor].t;
    Object.assign(this, { points, marks, guides, longest: longestStep(points) });
    this.cursor = looked === null || points.length === 0 ? null : this.nearest(looked);
    this.paint();
  }

  nearest(t) {
    let best = 0;
    for (let index = 1; index < this.points.length; index += 1) {
      if (Math.abs(this.points[index].t - t) < Math.abs(this.points[best].t - t)) best = index;
    }
    return best;
  }

  pointAt(x) {
    if (this.points.length === 0) return;
    const part = (x - 1) / Math.max(1, this.plotWidth);
    this.moveCursor(this.nearest(this.first + part * (this.last - this.first)));
  }

  keyPressed(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20 }[event.key];
    if (!step || this.points.length === 0) return;
    event.preventDefault();
    const from = this.cursor ?? this.points.length;
    this.moveCursor(Math.min(this.points.length - 1, Math.max(0, from + step)));
  }

  moveCursor(index) {
    if (index === this.cursor) return;
    this.cursor = index;
    this.paint();
  }

  color(name) {
    return this.style.getPropertyValue(`--${name}`).trim();
  }

  paint() {
    const { width, height } = this.canvas.getBoundingClientRect();
    if (width === 0) return;
    const density = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * density);
    this.canvas.height = Math.round(height * density);
    this.style = getComputedStyle(this.canvas);
    const pen = this.canvas.getContext("2d");
    pen.scale(density, density);
    pen.font = `11px ${this.style.fontFamily}`;
    pen.lineJoin = "round";
    this.pen = pen;
    this.plotWidth = width - rightMargin;
    this.first = this.points[0]?.t ?? 0;
    this.last = Math.max(this.points.at(-1)?.t ?? 1, this.first + 1);
    this.tellReadout();
    if (this.points.length < 2) return;
    this.paintTimes(height);
    const weights = this.panes.reduce((sum, pane) => sum + pane.weight, 0);
    const room = height - bottomMargin - gap * this.panes.length;
    let top = gap;
    for (const pane of this.panes) {
      const tall = (room * pane.weight) / weights;
      this.paintPane(pane, top, tall);
      top += tall + gap;
    }
    if (this.cursor !== null) {
      const x = Math.round(this.x(this.points[this.cursor].t)) + 0.5;
      this.stroke([[x, gap], [x, height - bottomMargin]], this.color("muted"), 1, [3, 3]);
    }
  }

  tellReadout() {
    const point = this.points[this.cursor ?? this.points.length - 1];
    const text = point ? `${time(point.t)}  ${this.describe(point)}` : "";
    if (this.readout.textContent !== text) this.readout.textContent = text;
  }

  x(t) {
    return 1 + ((t - this.first) / (this.last - this.first)) * (this.plotWidth - 2);
  }

  paintTimes(height) {
    const { pen } = this;
    const count = Math.max(1, Math.floor(this.plotWidth / 130));
    pen.fillStyle = this.color("muted");
    pen.textBaseline = "alphabetic";
    for (let index = 0; index <= count; index += 1) {
      pen.textAlign = index === 0 ? "left" : index === count ? "right" : "center";
      const t = this.first + ((this.last - this.first) * index) / count;
      pen.fillText(time(t), 1 + ((this.plotWidth - 2) * index) / count, height - 5);
    }
  }

  /** The lowest and highest value in sight, with some air around them. */
  range(pane) {
    let [low, high] = [Infinity, -Infinity];
    const include = (value) => {
      if (!Number.isFinite(value)) return;
      low = Math.min(low, value);
      high = Math.max(high, value);
    };
    const keys = pane.lines.map((line) => line.key);
    if (pane.band) keys.push(pane.band.low, pane.band.high);
    for (const point of this.points) for (const key of keys) include(point[key]);
    for (const value of pane.includes ?? []) include(value);
    for (const value of this.guides[pane.title] ?? []) include(value);
    if (low > high) return [-1, 1];
    const air = (high - low) * 0.06 || Math.abs(high) * 0.001 || 1;
    return [low - air, high + air];
  }

  paintPane(pane, top, tall) {
    const { pen } = this;
    const [low, high] = this.range(pane);
    const y = (value) => top + tall - ((value - low) / (high - low)) * tall;
    pen.textBaseline = "middle";
    pen.textAlign = "left";
    for (const { value, text } of ticks(low, high, Math.max(2, Math.floor(tall / 26)))) {
      const at = Math.round(y(value)) + 0.5;
      this.stroke([[0, at], [this.plotWidth, at]], this.color("line"), 1);
      pen.fillStyle = this.color("muted");
      pen.fillText(text, this.plotWidth + 6, at);
    }
    for (const value of this.guides[pane.title] ?? []) {
      const at = Math.round(y(value)) + 0.5;
      this.stroke([[0, at], [this.plotWidth, at]], this.color("amber"), 1, [5, 4]);
    }
    pen.save();
    pen.beginPath();
    pen.rect(0, top - 8, this.plotWidth, tall + 16);
    pen.clip();
    if (pane.band) this.paintBand(pane.band, y);
    for (const line of pane.lines) this.paintLine(line, y, y(Math.max(low, Math.min(high, 0))));
    if (pane.marked) this.paintMarks(pane.lines[0].key, y, top, tall);
    pen.restore();
    pen.fillStyle = this.color("muted");
    pen.textBaseline = "bottom";
    pen.fillText(pane.title, 1, top - 1);
  }

  /** Runs of neighbouring points that have all of `keys`. */
  runs(...keys) {
    const found = [];
    let before = -Infinity;
    for (const point of this.points) {
      if (!keys.every((key) => Number.isFinite(point[key]))) {
        before = -Infinity;
        continue;
      }
      if (point.t - before > this.longest) found.push([]);
      found.at(-1).push(point);
      before = point.t;
    }
    return found;
  }

  paintLine({ key, color, fill, faint }, y, base) {
    for (const run of this.runs(key)) {
      const path = run.map((point) => [this.x(point.t), y(point[key])]);
      if (fill) {
        const ends = [[path.at(-1)[0], base], [path[0][0], base]];
        this.fill([...path, ...ends], this.color(color), 0.16);
      }
      this.stroke(path, this.color(color), faint ? 1 : 1.5);
    }
  }

  paintBand({ low, high, color }, y) {
    for (const run of this.runs(low, high)) {
      const upper = run.map((point) => [this.x(point.t), y(point[high])]);
      const lower = run.map((point) => [this.x(point.t), y(point[low])]).reverse();
      this.fill([...upper, ...lower], this.color(color), 0.12);
    }
  }

  paintMarks(key, y, top, tall) {
    const { pen } = this;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.font = `13px ${this.style.fontFamily}`;
    for (const mark of this.marks) {
      if (mark.t < this.first || mark.t > this.last) continue;
      const near = this.points.find((point) => point.t >= mark.t) ?? this.points.at(-1);
      const level = Number.isFinite(near[key]) ? y(near[key]) : top + tall / 2;
      pen.lineWidth = 4;
      pen.strokeStyle = this.color("surface");
      pen.fillStyle = this.color(`mark-${mark.kind}`) || this.color("ink");
      const shape = markShapes[mark.kind] ?? "●";
      pen.strokeText(shape, this.x(mark.t), level);
      pen.fillText(shape, this.x(mark.t), level);
    }
    pen.font = `11px ${this.style.fontFamily}`;
    pen.textAlign = "left";
  }

  stroke(path, color, width, dash = []) {
    const { pen } = this;
    pen.beginPath();
    path.forEach(([x, y], index) => (index === 0 ? pen.moveTo(x, y) : pen.lineTo(x, y)));
    pen.strokeStyle = color;
    pen.lineWidth = width;
    pen.setLineDash(dash);
    pen.stroke();
    pen.setLineDash([]);
  }

  fill(path, color, opacity) {
    const { pen } = this;
    pen.beginPath();
    path.forEach(([x, y], index) => (index === 0 ? pen.moveTo(x, y) : pen.lineTo(x, y)));
    pen.closePath();
    pen.globalAlpha = opacity;
    pen.fillStyle = color;
    pen.fill();
    pen.globalAlpha = 1;
  }
}
