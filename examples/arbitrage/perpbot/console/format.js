// How values are shown. Decimals are rounded as digits, never as binary fractions.

const thin = "\u202f";
const minus = "\u2212";
export const nothing = "–";

/** The sign, digits and scale of a decimal given as a string or a number; null if it is neither. */
function decimal(value) {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(String(value ?? "").trim());
  if (!match || !(match[2] || match[3])) return null;
  const [, sign, whole, fraction = "", exponent = "0"] = match;
  const scale = fraction.length - Number(exponent);
  if (Math.abs(scale) > 60) return null;
  const digits = BigInt(whole + fraction) * 10n ** BigInt(Math.max(0, -scale));
  return { negative: sign === "-", digits, scale: Math.max(0, scale) };
}

/** Rounded half away from zero to `places`, thousands set apart; `signed` writes a plus as well. */
export function number(value, places, { signed = false, trimmed = false } = {}) {
  const parsed = decimal(value);
  if (!parsed) return nothing;
  let { digits } = parsed;
  if (parsed.scale > places) {
    const unit = 10n ** BigInt(parsed.scale - places);
    digits = (digits + unit / 2n) / unit;
  } else digits *= 10n ** BigInt(places - parsed.scale);
  const text = digits.toString().padStart(places + 1, "0");
  const whole = text.slice(0, text.length - places).replace(/\B(?=(\d{3})+$)/g, thin);
  let fraction = places > 0 ? `.${text.slice(-places)}` : "";
  if (trimmed) fraction = fraction.replace(/\.?0+$/, "");
  const sign = digits === 0n ? "" : parsed.negative ? minus : signed ? "+" : "";
  return sign + whole + fraction;
}

/** Places that show a price of this size well; the same for both venues of a row. */
export function pricePlaces(value) {
  const size = Math.abs(Number(value));
  if (!(size > 0)) return 2;
  return size >= 1000 ? 2 : size >= 10 ? 3 : size >= 1 ? 4 : 6;
}

export const quantity = (value, options) => number(value, 8, { trimmed: true, ...options });
export const percent = (value, options) => {
  const text = number(value, 2, options);
  return text === nothing ? text : `${text}${thin}%`;
};

/** Milliseconds since 1970 of a time in them, in seconds, or in ISO 8601; NaN if it is none. */
export function milliseconds(time) {
  if (time === null || time === undefined || time === "") return NaN;
  const count = Number(time);
  if (Number.isNaN(count)) return Date.parse(time);
  return count < 1e11 ? count * 1000 : count;
}

const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const day = new Intl.DateTimeFormat("en-GB", { day: "2-digit", month: "short" });

/** The time of day; with the day before it where that is not today. */
export function time(value) {
  const moment = new Date(milliseconds(value));
  if (Number.isNaN(moment.getTime())) return nothing;
  const today = moment.toDateString() === new Date().toDateString();
  return today ? clock.format(moment) : `${day.format(moment)} ${clock.format(moment)}`;
}

/** A duration in the largest unit that it has. */
export function age(count) {
  const seconds = Math.max(0, Math.round(count / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86400)} d`;
}
