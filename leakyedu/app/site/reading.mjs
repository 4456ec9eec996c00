// What people type, read as numbers: as leakyedu.teaching.reading does, whose tables and patterns come in `shared`.

import { count, escaped, finds, fits, length, listed, listedNames, matches, part, pattern, replaced, scaled, split, strip } from "./written.mjs";

export class ReadError extends Error {}

export class Reader {
  constructor({ reading, says }) {
    this.sentences = says;
    Object.assign(this, reading); // signs, quotes, units, lower, meant, words, counted, functions, digits, patterns, separated
  }

  // The sentence for a case.
  say(what, values = {}) {
    return this.sentences[what].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }

  found(name, text) {
    const { source, flags } = this.patterns[name];
    return finds(source, text, flags);
  }

  without(name, text, by = "") {
    const { source, flags } = this.patterns[name];
    return replaced(source, text, by, flags);
  }

  // -- Texts ---------------------------------------------------------------------------------------

  // A text with the signs of a keyboard in place of those of a word processor.
  keyboard(text) {
    text = this.without("fractions", text.replaceAll("…", "..."), " ($&) ");
    text = this.without("superscripts", text, "^($&)").normalize("NFKC");
    return [...text].map((sign) => this.signs[sign] ?? sign).join("");
  }

  // What was typed without the quotes, the blanks and the full stop around it.
  bare(text) {
    for (;;) {
      const inner = this.unquoted(strip(text));
      if (inner === text) break;
      text = inner;
    }
    return text.endsWith("..") ? text : text.replace(/[ .;,!]+$/, "");
  }

  unquoted(text) {
    const signs = [...text];
    while (signs.length && this.quotes.includes(signs[0])) signs.shift();
    while (signs.length && this.quotes.includes(signs.at(-1))) signs.pop();
    return signs.join("");
  }

  // What a text says in letters and digits, with one blank between two words, and the sign of a value.
  said(text) {
    const signed = replaced("=\\s*-", this.keyboard(text).toLowerCase(), "= minus ");
    return strip(replaced("[\\W_]+", signed, " "));
  }

  // -- Units ---------------------------------------------------------------------------------------

  // What a unit measures and its power of ten; null if it is none.
  unitOf(name) {
    name = replaced("\\s*\\bper\\b\\s*", strip(name).replaceAll("μ", "u"), "/");
    name = replaced("\\s*\\*?\\s*(\\w+)\\s*\\*\\*\\s*\\(?-1\\)?$", name, "/$1");
    const slash = name.indexOf("/");
    if (slash < 0) return this.units[name] ?? this.lower[name.toLowerCase()] ?? null;
    const above = name.slice(0, slash);
    const counted = this.counted.includes(strip(above)) ? ["", 0] : this.unitOf(above);
    const time = this.unitOf(name.slice(slash + 1));
    if (counted === null || time === null || time[0] !== "s") return null;
    return [`${counted[0] || "1"}/s`, counted[1] - time[1]];
  }

  // Units that stand for another one where it was left out: for ms, ["s", 3], as 1 s is 10^3 ms.
  relatives(unit) {
    const own = this.unitOf(unit || "%");
    if (own === null) return [];
    return (this.meant[own[0]] ?? []).filter((name) => name !== unit).map((name) => [name, this.unitOf(name)[1] - (unit ? own[1] : 0)]);
  }

  withUnit(shown, unit) {
    const singular = (shown === "1" || shown === "-1") && this.unitOf(unit) === null ? unit.slice(0, -1) : unit;
    return strip(`${shown} ${singular}`);
  }

  wanted(unit) {
    return this.say(!unit ? "a number" : this.unitOf(unit) ? "a number in a unit" : "how many", { unit });
  }

  // -- One number ----------------------------------------------------------------------------------

  // The number that a text stands for and the unit that stood there; `groups`: whether a comma before three digits does.
  readNumber(text, unit, groups) {
    const typed = this.bare(text);
    let found = strip(this.keyboard(typed));
    const refuse = (what, values) => {
      throw new ReadError(this.say(what, { typed: short(typed), wanted: this.wanted(unit), ...values }));
    };
    if (!found) refuse("an empty text");
    if (length(found) > this.length) refuse("too long a number");
    found = this.without("explained", found, "$1");
    if (unit && this.unitOf(unit) === null) {
      const counted = `(${this.words.join("|")}|${this.digits})(\\s+${escaped(unit.replace(/s$/, ""))}s?|\\s+of them)?\\s*(\\([^()\\d]*\\))?`;
      found = replaced(`^${counted}$`, found, "$1", "i");
    }
    found = replaced("\\bminus\\s+(?=[\\d.])", this.without("before", this.without("about", found)), "-");
    found = this.without("about", found);
    found = found.slice(found.lastIndexOf("=") + 1) || found;
    found = this.without("groups", found, (group) => replaced("\\D", group, ""));
    if (fits(this.patterns.two.source, found) && !finds(`\\b(${this.functions})\\b`, found)) {
      const halves = fits("(\\d+),?\\s+(\\d+)", found);
      const measured = unit && !this.unitOf(unit) && [...found.matchAll(pattern("[^\\W\\d_]+", "g"))].some(([word]) => this.unitOf(word));
      refuse(halves ? "two halves" : measured ? "several numbers" : "two numbers", { before: halves?.[1], after: halves?.[2] });
    }
    found = this.inOneUnit(found, unit);
    const word = this.words.indexOf(found.toLowerCase());
    if (word >= 0) return { number: word, unit: "" };
    const [value, rest] = this.head(found, groups);
    if (finds("\\+/?-|±", found)) refuse("several numbers");
    if (value === null) refuse("no number");
    const [own, power] = this.unitOf(unit) ?? ["", 0];
    if (!rest) return { number: value, unit: "" };
    const given = this.unitOf(rest);
    if (given !== null && given[0] === own) return { number: scaled(value, given[1] - power), unit: rest };
    if (given !== null || (!unit && split(rest).every((one) => this.unitOf(one)))) {
      const alone = unit ? {} : { wanted: this.say("a number alone") };
      refuse("another unit", { unit: rest, ...alone });
    }
    if (own === "1/s" && fits(this.patterns.radians.source, rest, "i")) refuse("radians");
    const squared = fits("(\\w+?)\\s*\\*\\*\\s*\\(?2\\)?", rest);
    if (squared && this.unitOf(squared[1])) refuse("a squared unit", { unit: squared[1] });
    const words = fits("[^\\W\\d_]+([ -][^\\W\\d_]+)*", rest);
    const amongThem = rest.split(pattern("\\s+")).some((name) => name in this.units);
    if (this.unitOf(unit) === null && words && !amongThem) return { number: value, unit: rest }; // what is counted
    if (words && !finds("\\b(or|to|and)\\b", rest)) refuse("words behind a number", { words: short(rest) });
    return refuse("no number");
  }

  // A sum of terms with units, or a multiple of one, in one unit, and one over a time as a rate; else the text.
  inOneUnit(text, unit) {
    const own = this.unitOf(unit);
    const measured = `(${this.digits})\\s*([^\\W\\d_]+)`;
    const units = [...text.matchAll(pattern(measured, "g"))].map((term) => this.unitOf(term[2]));
    const all = (what) => units.length > 0 && units.every((one) => (one && one[0]) === what);
    const rate = own !== null && own[0] === "1/s" && all("s") && text.includes("/");
    const total = own !== null && all(own[0]) && units.length > 1 && !/[*/]/.test(text);
    const multiple = own !== null && all(own[0]) && fits(this.patterns.multiple.source, text) !== null;
    if (!rate && !total && !multiple) return text;
    const power = rate ? 0 : own[1];
    text = replaced(measured, text, (_, digits, name) => `(${digits}*1e${this.unitOf(name)[1] - power})`);
    return `${text} ${rate ? "Hz" : unit}`;
  }

  // The number that the longest beginning of a text is, and what follows; null if there is none.
  head(text, groups) {
    const ends = [...text.matchAll(pattern("(?<=[\\d).])\\s*[^\\W\\d_]|(?<=[ie])\\s+[^\\W\\d_]|%|\\s*\\/|\\s+1\\/", "g"))];
    for (const end of [...new Set([text.length, ...ends.map((found) => found.index)])].sort((x, y) => y - x)) {
      const head = strip(text.slice(0, end));
      const value = head ? this.compute(head, groups) : null;
      if (value !== null) return [value, strip(text.slice(end))];
    }
    return [null, text];
  }

  // What a text of numbers, signs, brackets and a few functions comes to; null if it is no such text.
  compute(text, groups) {
    try {
      // A number in front of pi belongs to it: 1/2pi is one over two pi.
      text = replaced("\\b(math|np|numpy|torch)\\.", text, "");
      text = replaced(`(${this.digits})\\s*\\*?\\s*pi\\b`, text, "($1*pi)");
      text = replaced("\\bpi(\\)?)\\s+(?=[\\d.(])", text, (_, closed) => `pi${closed ?? ""}*`);
      text = replaced(this.digits, text, (digits) => decimal(digits, groups));
      text = replaced(`\\b(${this.functions})\\s+(${this.digits})`, text, "$1($2)");
      text = replaced(`(?<=[\\d)])\\s*(?=(${this.functions})\\b)`, text, "*"); // 10 ln 2
      const value = new Sum(strip(replaced("(?<=\\d)\\s+x\\s+(?=\\d)", text, "*"))).value();
      return Number.isFinite(value) ? value : null;
    } catch (error) {
      if (error instanceof NoNumber) return null;
      throw error;
    }
  }

  // -- Several numbers -----------------------------------------------------------------------------

  // As many numbers as units, however they are separated; with their names in any order.
  readNumbers(text, units, names = [], groups = false) {
    const typed = this.bare(text);
    const inner = withoutBrackets(typed);
    const readings = [];
    const counted = [];
    let [mistaken, several] = ["", false];
    const [sure, ...unsure] = this.separated;
    const splits = finds(sure, inner) ? [sure] : [...unsure];
    if (units.length > 2 && inner.includes("/")) splits.push("/"); // two numbers with a slash between them are a fraction
    for (const between of splits) {
      const parts = inner.split(pattern(between)).map((each) => each.replace(/^[ ,;]+|[ ,;]+$/g, ""));
      several ||= parts.filter(Boolean).length > 1 && /^[-+.\d]/.test(parts.find(Boolean));
      let numbers;
      try {
        numbers = this.inOrder(parts.filter(Boolean), units, names, groups);
      } catch (error) {
        if (!(error instanceof ReadError)) throw error;
        mistaken ||= error.message;
        continue;
      }
      if (numbers.length !== units.length) counted.push(numbers.length);
      else if (!readings.some((other) => other.every((x, n) => x === numbers[n]))) readings.push(numbers);
    }
    if (readings.length === 1) return readings[0];
    if (readings.length) {
      const either = readings.map((numbers) => `\`${listed(numbers, "; ")}\``).join(" or ");
      throw new ReadError(this.say("several readings", { typed: short(typed), either }));
    }
    if (counted.length) {
      const numbers = count(counted.at(-1), "number");
      throw new ReadError(this.say("too many or too few", { typed: short(typed), numbers, wanted: units.length }));
    }
    if (mistaken && (units.length === 1 || several || inner.includes("="))) throw new ReadError(mistaken);
    throw new ReadError(this.say("no numbers", { typed: short(typed), wanted: units.length }));
  }

  // Parts with the unit of the last one, `217, 269, 228 mV`, where no other has one and all are as large.
  inTheLastUnit(parts) {
    const all = parts.map((each) => fits(`(-?\\s*${this.digits})\\s*([^\\W\\d_]*)`, this.keyboard(each)));
    const [before, last] = [all.slice(0, -1), all.at(-1)];
    if (!last?.[2] || before.some((each) => !each || each[2])) return parts;
    const most = Math.max(...before.map((each) => Math.abs(this.compute(each[1]) ?? 0)));
    const size = Math.abs(this.compute(last[1]) ?? 0);
    return 0.01 * most <= size && size <= 100 * most ? all.map((each) => `${each[1]} ${last[2]}`) : parts;
  }

  inOrder(parts, units, names, groups) {
    if (new Set(units).size === 1 && parts.length > 1) parts = this.inTheLastUnit(parts);
    const named = parts.map((each) => matches("(\\w+)\\s*[=:]\\s*(.+)", each));
    if (names.length && named.some(Boolean)) {
      const given = new Map(named.filter(Boolean).map((found) => [found[1], found[2]]));
      for (const name of given.keys())
        if (!names.includes(name)) throw new ReadError(this.say("none of the names", { name, names: listedNames(names) }));
      if (given.size !== parts.length || given.size !== names.length)
        throw new ReadError(this.say("some by their names", { names: listedNames(names) }));
      parts = names.map((name) => given.get(name));
    }
    return parts.map((each, n) => this.readNumber(each, units[Math.min(n, units.length - 1)] ?? "", groups).number);
  }
}

// What stands between the first bracket and its own closing one, or where that is missing behind it.
function withoutBrackets(text) {
  while (text && "[({".includes(text[0])) {
    let depth = 0;
    const at = [...text].findIndex((sign) => (depth += "[({".includes(sign) - "])}".includes(sign)) === 0);
    const end = at < 0 ? length(text) : at;
    if (end < length(text) - 1) return text;
    text = strip(part(text, 1, end));
  }
  return text;
}

export function short(text, most = 60) {
  return length(text) <= most ? text : `${part(text, 0, most - 3)}...`;
}

// -- Sums -------------------------------------------------------------------------------------------

class NoNumber extends Error {}

// The digits of a number with a point before its decimals, and no other sign.
function decimal(digits, groups) {
  const [mantissa, ...rest] = digits.split(/(?=[eE])/);
  const power = rest.join("");
  const [commas, points] = [",", "."].map((sign) => mantissa.split(sign).length - 1);
  if (commas && points) {
    // The last sign is the decimal one: 1.234,5 and 1,234.5.
    const last = Math.max(mantissa.lastIndexOf(","), mantissa.lastIndexOf("."));
    return `${mantissa.slice(0, last).replace(/[,.]/g, "")}.${mantissa.slice(last + 1)}${power}`;
  }
  const sign = commas ? "," : ".";
  const grouped = fits(`[1-9]\\d{0,2}(\\${sign}\\d{3})+`, mantissa);
  if (grouped && (commas + points > 1 || (commas && groups))) return mantissa.replaceAll(sign, "") + power;
  if (commas > 1 || points > 1) throw new NoNumber();
  return replaced("^0+(?=\\d)", mantissa.replaceAll(",", "."), "") + power;
}

const CONSTANTS_OF_SUMS = { pi: Math.PI, e: Math.E };
const WHERE_NO_VALUE_IS = { log: (x) => x <= 0, log2: (x) => x <= 0, log10: (x) => x <= 0, sqrt: (x) => x < 0 };
const NUMBER_OF_PYTHON =
  /^(?:0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:\d(?:_?\d)*\.?(?:\d(?:_?\d)*)?|\.\d(?:_?\d)*)(?:[eE][-+]?\d(?:_?\d)*)?)/;

// A text of numbers, signs, brackets and the functions of a pocket calculator, by Python's grammar.
class Sum {
  constructor(text) {
    this.words = [];
    for (let at = 0; at < text.length; ) {
      const left = text.slice(at);
      if (/^[ \t\f]/.test(left)) at += 1;
      else if (left[0] === "#") break;
      else {
        const found = NUMBER_OF_PYTHON.exec(left) ?? /^\p{XID_Start}\p{XID_Continue}*/u.exec(left) ?? /^(?:\*\*|[-+*/()])/.exec(left);
        if (!found || (/^[\d.]/.test(found[0]) && /^[\p{XID_Continue}]/u.test(left.slice(found[0].length)))) throw new NoNumber();
        this.words.push(found[0]);
        at += found[0].length;
      }
    }
    this.at = 0;
  }

  take(...signs) {
    return signs.includes(this.words[this.at]) ? this.words[this.at++] : null;
  }

  value() {
    const value = this.sum();
    if (this.at < this.words.length) throw new NoNumber();
    return value;
  }

  sum() {
    let value = this.product();
    for (let sign; (sign = this.take("+", "-")); ) value = sign === "+" ? value + this.product() : value - this.product();
    return value;
  }

  product() {
    let value = this.signed();
    for (let sign; (sign = this.take("*", "/")); ) {
      const other = this.signed();
      if (sign === "/" && other === 0) throw new NoNumber();
      value = sign === "*" ? value * other : value / other;
    }
    return value;
  }

  signed() {
    const sign = this.take("+", "-");
    if (sign) return sign === "-" ? -this.signed() : this.signed();
    const base = this.atom();
    return this.take("**") ? power(base, this.signed()) : base;
  }

  atom() {
    if (this.take("(")) {
      const value = this.sum();
      if (!this.take(")")) throw new NoNumber();
      return value;
    }
    const word = this.words[this.at++] ?? "";
    if (/^[\d.]/.test(word)) {
      const digits = word.replaceAll("_", "");
      if (/^0\d*[1-9]\d*$/.test(digits)) throw new NoNumber(); // 007 is none
      return Number(digits);
    }
    if (word in CONSTANTS_OF_SUMS) return CONSTANTS_OF_SUMS[word];
    const name = word === "ln" ? "log" : word;
    if (!["exp", "log", "log2", "log10", "sqrt", "sin", "cos", "tan", "atan", "abs"].includes(name) || !this.take("(")) throw new NoNumber();
    const argument = this.sum();
    if (!this.take(")") || WHERE_NO_VALUE_IS[name]?.(argument)) throw new NoNumber();
    const value = Math[name](argument);
    if (!Number.isFinite(value) && Number.isFinite(argument)) throw new NoNumber();
    return value;
  }
}

function power(base, exponent) {
  const value = base ** exponent;
  if (!Number.isFinite(value) && Number.isFinite(base) && Number.isFinite(exponent)) throw new NoNumber();
  return value;
}
