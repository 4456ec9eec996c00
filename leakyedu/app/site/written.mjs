// Numbers and texts as Python writes and splits them, where JavaScript would do otherwise.

const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const LETTER = "\\p{L}\\p{Nl}\\p{No}";
const WORD = "\\p{L}\\p{N}_";
const EDGE = `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`;
const compiled = new Map();

// A regular expression as Python reads it: its words, digits and blanks are those of all scripts.
export function pattern(source, flags = "") {
  const key = `${flags} ${source}`;
  if (!compiled.has(key)) compiled.set(key, new RegExp(translated(source), `u${flags}`));
  const found = compiled.get(key);
  found.lastIndex = 0;
  return found;
}

function translated(source) {
  const [whole, inside] = [{ "\\w": `[${WORD}]`, "\\b": EDGE, "\\s": `[${SPACE}]`, "\\S": `[^${SPACE}]` }, { "\\w": WORD, "\\s": SPACE }];
  const digits = { "\\d": "\\p{Nd}", "\\D": "\\P{Nd}" };
  let made = "";
  let open = false; // inside of square brackets
  const parts = source.match(/\[\^\\W\\d_\]|\[\^\\W\\d\]|\[\\W_\]|\(\?P<|\\.|./gsu) ?? [];
  for (const part of parts) {
    if (part === "[^\\W\\d_]") made += `[${LETTER}]`;
    else if (part === "[^\\W\\d]") made += `[${LETTER}_]`;
    else if (part === "[\\W_]") made += "[^\\p{L}\\p{N}]";
    else if (part === "(?P<") made += "(?<";
    else {
      if (part === "[") open = true;
      if (part === "]") open = false;
      made += digits[part] ?? (open ? inside : whole)[part] ?? (/^\\['"_ <>=:;,%~`#&@!]$/.test(part) ? part[1] : part);
    }
  }
  return made;
}

export const matches = (source, text, flags = "") => pattern(`^(?:${source})`, flags).exec(text);
export const fits = (source, text, flags = "") => pattern(`^(?:${source})$`, flags).exec(text);
export const finds = (source, text, flags = "") => pattern(source, flags).exec(text);
export const replaced = (source, text, by, flags = "") => text.replace(pattern(source, `g${flags}`), by);
export const escaped = (text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

export const strip = (text) => replaced(`^[${SPACE}]+|[${SPACE}]+$`, text, "");
export const split = (text) => strip(text).split(pattern("\\s+")).filter(Boolean);
export const length = (text) => [...text].length;
export const part = (text, ...ends) => [...text].slice(...ends).join("");

export function isPrintable(text) {
  return !/[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u.test(text);
}

// -- Numbers ---------------------------------------------------------------------------------------

// A float as a fraction of whole numbers: nothing is rounded twice.
export function fraction(x) {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(x));
  const bits = view.getBigUint64(0);
  const power = Number(bits >> 52n) || 1;
  const whole = (bits & ((1n << 52n) - 1n)) | (bits >> 52n ? 1n << 52n : 0n);
  return power >= 1075 ? [whole << BigInt(power - 1075), 1n] : [whole, 1n << BigInt(1075 - power)];
}

// The nearest whole number of a fraction; of two, the even one.
export function nearestWhole(above, below) {
  const [whole, twice] = [above / below, 2n * (above % below)];
  return twice > below || (twice === below && whole & 1n) ? whole + 1n : whole;
}

// f"{x:.{decimals}f}", with commas between thousands if so wanted.
export function fixed(x, decimals, commas = false) {
  const [above, below] = fraction(x);
  const digits = String(nearestWhole(above * 10n ** BigInt(decimals), below)).padStart(decimals + 1, "0");
  const end = digits.length - decimals;
  const whole = commas ? digits.slice(0, end).replace(/\B(?=(\d{3})+$)/g, ",") : digits.slice(0, end);
  return (x < 0 || Object.is(x, -0) ? "-" : "") + whole + (decimals ? `.${digits.slice(end)}` : "");
}

// f"{x:.{digits}g}"
export function general(x, digits) {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
  const sign = x < 0 || Object.is(x, -0) ? "-" : "";
  if (x === 0) return `${sign}0`;
  const [above, below] = fraction(x);
  let power = Math.floor(Math.log10(Math.abs(x))) + 1; // one too large, perhaps
  const tens = (n) => 10n ** BigInt(Math.max(n, 0));
  while (above * tens(-power) < below * tens(power)) power -= 1;
  const by = digits - 1 - power;
  let found = nearestWhole(above * tens(by), below * tens(-by));
  if (String(found).length > digits) [found, power] = [found / 10n, power + 1];
  const all = String(found);
  const trimmed = (text) => text.replace(/0+$/, "").replace(/\.$/, "");
  if (power < -4 || power >= digits) {
    const size = String(Math.abs(power)).padStart(2, "0");
    return `${sign}${trimmed(`${all[0]}.${all.slice(1)}`)}e${power < 0 ? "-" : "+"}${size}`;
  }
  if (power < 0) return sign + trimmed(`0.${"0".repeat(-power - 1)}${all}`);
  return sign + trimmed(`${all.slice(0, power + 1)}.${all.slice(power + 1)}`);
}

// repr(x)
export function repr(x) {
  if (!Number.isFinite(x)) return general(x, 6);
  const [mantissa, power] = x.toExponential().split("e");
  if (x !== 0 && (Number(power) < -4 || Number(power) >= 16)) {
    return `${mantissa}e${power[0]}${power.slice(1).padStart(2, "0")}`;
  }
  const shown = Object.is(x, -0) ? "-0" : String(x);
  return shown.includes(".") ? shown : `${shown}.0`;
}

export function written(x, digits = 4) {
  if (!Number.isFinite(x)) return general(x, digits);
  const size = Math.abs(x);
  if (Number.isInteger(x) && size < 1e15) return fixed(x + 0, 0, true).replace(/^-0$/, "0");
  if (!(size >= 1e-5 && size < 1e15)) return general(x, digits).replace(/e([-+])0*/, (_, sign) => (sign === "-" ? "e-" : "e"));
  const rounded = fixed(x, Math.max(digits - 1 - Math.floor(Math.log10(size)), 0), true);
  return rounded.includes(".") ? rounded.replace(/\.?0+$/, "") : rounded;
}

// With all digits where these are ten at most, else with four.
export function whole(x) {
  const shown = written(x, 10);
  return Number(shown.replaceAll(",", "")) === x ? shown : written(x);
}

// Two numbers with as many digits as tell them apart.
export function apart(x, y) {
  for (const digits of [4, 6, 8, 10, 13])
    if (written(x, digits) !== written(y, digits)) return [written(x, digits), written(y, digits)];
  return [repr(x), repr(y)];
}

export const scaled = (x, power) => (power >= 0 ? x * Number(`1e${power}`) : x / Number(`1e${-power}`));
export const listed = (numbers, between = ", ") => numbers.map((x) => written(x)).join(between);
export const count = (n, noun) => (n === 0 ? `no ${noun}` : `${written(n)} ${noun}${n === 1 ? "" : "s"}`);

export function listedNames(names) {
  const all = names.map((name) => `\`${name}\``);
  const last = all.pop();
  return all.length ? `${all.join(", ")} and ${last}` : last;
}

// -- Texts that are alike --------------------------------------------------------------------------

// How alike two texts are, from 0 to 1, as Python's difflib.SequenceMatcher(None, one, other).ratio() has it.
export function ratio(one, other) {
  const [a, b] = [[...one], [...other]];
  const total = a.length + b.length;
  return total ? (2 * matched(a, b, 0, a.length, 0, b.length)) / total : 1;
}

function matched(a, b, low, high, from, to) {
  let [x, y, size] = [low, from, 0];
  let ending = new Map(); // at each place of b, how long what matches there is
  for (let i = low; i < high; i += 1) {
    const next = new Map();
    for (let j = from; j < to; j += 1) {
      if (a[i] !== b[j]) continue;
      const k = (ending.get(j - 1) ?? 0) + 1;
      next.set(j, k);
      if (k > size) [x, y, size] = [i - k + 1, j - k + 1, k];
    }
    ending = next;
  }
  if (!size) return 0;
  return size + matched(a, b, low, x, from, y) + matched(a, b, x + size, high, y + size, to);
}

// The text that is most like a word, of those that are at all; as difflib.get_close_matches does it.
export function closest(word, texts) {
  const near = texts.map((text) => [ratio(text, word), text]).filter(([how]) => how >= 0.6);
  near.sort(([x, one], [y, other]) => y - x || (one < other ? 1 : -1));
  return near[0]?.[1];
}
