// Kinds of answer, as leakyedu.teaching.kinds has them: each reads what was typed and says what is to be said to it.
//
// Of each: read(text) gives {value, complaint}, tryOut(text) {passed, text, value, understood}; a kind that can be
// predicted has show(value), tell(), compare(value) and kept(value of a record), too.

import { run } from "./plain.mjs";
import { ReadError, short } from "./reading.mjs";
import { apart, escaped, finds, fits, general, length, listed, listedNames, matches, pattern, ratio, replaced, scaled, split, strip, whole, written } from "./written.mjs";

const RIGHT_TO_ROUNDING = 1 + 1e-6; // 0.17 + 0.005 is a little above 0.175 in floating point
export const refused = (text, value) => ({ passed: false, text, value, understood: true });
const notUnderstood = (complaint) => ({ passed: false, text: complaint, value: null, understood: false });
const passed = (text, value) => ({ passed: true, text, value, understood: true });

// What `does` returns, and the words of a ReadError in place of it.
function orComplaint(does) {
  try {
    return { value: does(), complaint: "" };
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    return { value: null, complaint: error.message };
  }
}

export class Kind {
  constructor(table, reader, shared, shapeOf) {
    Object.assign(this, table, { reader, shared, shapeOf });
  }

  kept(value) {
    return this.read(value).value;
  }

  // The text of a field; null if nothing was typed.
  parse(text) {
    return ["", "..."].includes(this.reader.bare(text)) ? null : strip(text);
  }

  say(what, values) {
    return this.reader.say(what, values);
  }

  wants(answer) {
    const what = answer ? this.say("a text", { text: short(answer) }) : this.say("no text");
    return this.say("got something else", { expected: this.expected, what });
  }
}

// -- Numbers ---------------------------------------------------------------------------------------

export class NumberKind extends Kind {
  constructor(table, ...others) {
    super({ alike: 0.01, narrow: {}, tolerance: 0, ...table }, ...others);
    const [low, high] = this.between;
    this.between = [low ?? -Infinity, high ?? Infinity];
  }

  show(number) {
    return this.reader.withUnit(written(number), this.unit);
  }

  read(answer) {
    const { value, complaint } = orComplaint(() => {
      const found = this.reading(answer);
      const typed = found.unit ? `\`${short(this.reader.bare(answer))}\`` : this.show(found.number);
      this.refuseFar(found.number, found.unit, typed);
      return found;
    });
    if (value === null) return { value, complaint };
    const other = value.unit ? "" : this.meantIn(value.number);
    if (!other) return { value: value.number, complaint: "" };
    const asked = { number: written(value.number), unit: this.ownUnit(), other, short: general(value.number, 4) };
    return { value: null, complaint: this.say("looks like another unit", asked) };
  }

  kept(value) {
    return orComplaint(() => {
      const { number } = this.reading(value);
      this.refuseFar(number, this.unit, "");
      return number;
    }).value;
  }

  reading(answer) {
    if (typeof answer === "string") return this.typedAs(answer);
    if (typeof answer !== "number") throw new ReadError("");
    return { number: answer, unit: "" };
  }

  // The number that a text stands for; a comma before three digits may group, or not.
  typedAs(text) {
    const { reader } = this;
    const withComma = reader.found("either", reader.keyboard(text)) !== null;
    const point = this.unlessSpan(text, reader.readNumber(text, this.unit, false));
    if (!withComma) return point;
    const grouped = reader.readNumber(text, this.unit, true);
    const counted = this.unit !== "" && reader.unitOf(this.unit) === null;
    const largest = Math.max(...[this.right, ...this.mistakes.map((mistake) => mistake.answer)].map(Math.abs));
    const near = Math.abs(this.right) <= 10 * Math.abs(grouped.number) && 10 * Math.abs(grouped.number) <= 100 * Math.abs(this.right);
    const groups = counted ? largest >= 1000 || this.between[1] >= 1000 : largest >= 1000 || near;
    const both = point.number !== grouped.number || point.unit !== grouped.unit;
    if (both && groups && this.isKnown(point.number) && (!counted || this.isKnown(grouped.number))) {
      const either = { one: this.show(point.number), other: this.show(grouped.number) };
      throw new ReadError(this.say("a comma that may mean both", { typed: short(reader.bare(text)), ...either }));
    }
    return groups ? grouped : point;
  }

  // What was read, unless it was `6-7`, which may be a span and no difference.
  unlessSpan(text, reading) {
    const typed = this.reader.bare(text);
    const span = matches("[~\\s]*\\d[\\d.,]*\\s*-\\s*\\d[\\d.,]*(?![\\d.,]*\\s*[-+*/(])", this.reader.keyboard(typed));
    if (span && reading.number < 0 && this.right >= 0) throw new ReadError(this.say("a span", { typed: short(typed) }));
    return reading;
  }

  // Refuse a number that cannot be meant; `unit` is what stood behind it.
  refuseFar(number, unit, shown) {
    const [low, high] = this.between;
    if (low <= number && number <= high) return;
    const other = unit ? "" : this.meantIn(number);
    let ask = this.say(low <= -number && -number <= high ? "look at the sign" : "meant otherwise");
    if (other) ask = this.say("if it is in", { other, number: general(number, 12) });
    const [side, end] = number < low ? ["below", low] : ["above", high];
    throw new ReadError(`${this.say(`too far ${side}`, { shown, end: this.show(end) })} ${ask}`);
  }

  // The power of ten of the unit; what is counted has none.
  power() {
    return (this.reader.unitOf(this.unit) ?? ["", 0])[1];
  }

  ownUnit() {
    return this.unit || this.say("no unit");
  }

  tryOut(answer) {
    const { value: read, complaint } = orComplaint(() => this.reading(answer));
    if (read === null) return notUnderstood(complaint);
    const { number, unit } = read;
    if (this.isRight(number)) return passed(`${this.show(number)}.`, number);
    const mistake = this.nameMistake(number);
    if (mistake) return refused(mistake, number);
    const own = unit ? this.reader.unitOf(unit) : null;
    if (!unit) {
      for (const [other, power] of this.hasOtherUnits() ? this.reader.relatives(this.unit) : [])
        if (this.isRight(scaled(number, power))) return refused(this.say("right in another unit", { other, unit: this.ownUnit() }), number);
    } else if (own && this.isRight(scaled(number, this.power() - own[1])))
      return refused(this.say("the unit is not right", { typed: short(this.reader.bare(answer)) }), number);
    const again = this.read(answer);
    if (again.value === null) return notUnderstood(again.complaint);
    if (this.isRight(-number)) return refused(this.say("the sign is not right"), number);
    if (!Number.isInteger(this.right) || this.reader.unitOf(this.unit)) {
      const fine = Math.min(this.tolerance, 0.005 * Math.abs(this.right));
      if ([-3, -2, -1, 1, 2, 3].some((power) => Math.abs(scaled(number, power) - this.right) <= fine))
        return refused(this.say("the decimal point is not right"), number);
    }
    let shown = written(number, 6);
    if (shown === written(this.right, 6)) shown = apart(number, this.right)[0];
    const side = number > this.right ? "too large" : "too small";
    return refused(this.say(side, { number: this.reader.withUnit(shown, this.unit) }), number);
  }

  tell() {
    return this.say("it is", { right: this.show(this.right) });
  }

  compare(number) {
    const both = { number: this.show(number), right: this.show(this.right) };
    if (this.isRight(number)) return this.say("predicted rightly", both);
    const why = this.nameMistake(number);
    if (this.isRight(-number) && !why) return this.say("predicted with another sign", both);
    const side = number > this.right ? "predicted too large" : "predicted too small";
    return strip(`${this.say(side, { ...both, by: this.show(Math.abs(number - this.right)) })} ${why}`);
  }

  isRight(number) {
    return Math.abs(number - this.right) <= this.tolerance * RIGHT_TO_ROUNDING;
  }

  nameMistake(number) {
    const made = this.mistakes.find(({ key, answer }) => {
      const half = (this.narrow[key] ?? this.alike) * RIGHT_TO_ROUNDING * Math.abs(answer) || 1e-6 * Math.abs(this.right);
      return answer - half <= number && number <= answer + half;
    });
    return made?.text ?? "";
  }

  isKnown(number) {
    return this.isRight(number) || this.nameMistake(number) !== "";
  }

  hasOtherUnits() {
    return this.unit !== "" || (0 < Math.abs(this.right) && Math.abs(this.right) < 1);
  }

  // The unit in which a number would be near the right one, or nothing if it is so as it is.
  meantIn(number) {
    if (!this.hasOtherUnits() || !this.right || this.isKnown(number)) return "";
    const times = Math.abs(number / this.right);
    if (0.1 <= times && times <= 10) return "";
    const near = this.reader.relatives(this.unit).find(([, power]) => {
      const other = scaled(number, power);
      return (0.5 <= other / this.right && other / this.right <= 2) || this.isKnown(other);
    });
    return near ? near[0] : "";
  }
}

// A number that differs between machines.
export class MeasuredKind extends NumberKind {
  isRight(number) {
    return this.right <= number * this.factor && number * this.factor <= this.right * this.factor ** 2;
  }

  tell() {
    return this.say("it is about", { right: this.show(this.right) });
  }

  compare(number) {
    const said = `${this.say("predicted", { shown: this.show(number) })} ${this.tell()}`;
    if (this.isRight(number)) return `${said} ${this.say("of that size")}`;
    return `${said} ${number < this.right ? this.too_small : this.too_large}`;
  }
}

// -- Choices ---------------------------------------------------------------------------------------

export class ChoiceKind extends Kind {
  parse(letter) {
    return letter;
  }

  read(answer) {
    const key = typeof answer === "string" && length(answer) < 1000 ? this.typedAs(answer) : null;
    return key === null ? { value: null, complaint: this.wants(answer) } : { value: key, complaint: "" };
  }

  // The one option that a text names, by its letter, its name or its words; null without one.
  typedAs(text) {
    const { reader } = this;
    const keys = Object.keys(this.options);
    const { ordinals } = this.shared.choice;
    text = replaced(this.shared.choice.before, reader.bare(text), "", "i");
    const said = reader.said(text);
    for (const key of keys)
      if (said && [key, this.options[key], this.show(key)].map((words) => reader.said(words)).includes(said)) return key;
    const any = [...keys].sort((one, other) => other.length - one.length).map(escaped).join("|");
    const found = matches(`\\(?\\s*(${any})\\s*(?:[).:,\\-]+\\s*|\\s(?=because|since))(.*)`, reader.keyboard(text), "is");
    if (found) {
      const key = keys.find((each) => each.toLowerCase() === found[1].toLowerCase());
      const [rest, own] = [reader.said(found[2]), reader.said(this.options[key])];
      return !rest || own.includes(rest) || rest.includes(own) || /^(because|since)/.test(rest) ? key : null;
    }
    const blank = said.indexOf(" ");
    const [key, rest] = blank < 0 ? [said, ""] : [said.slice(0, blank), said.slice(blank + 1)];
    if (rest && keys.includes(key) && `${reader.said(this.options[key])} `.startsWith(`${rest} `)) return key;
    if (ordinals.includes(key) && fits("\\w+( one| option| answer)?", said)) return keys[ordinals.indexOf(key)] ?? null;
    return this.byWords(said, keys);
  }

  // The one option whose words hold a text, or nearly are it; null if there is none or several.
  byWords(said, keys) {
    const words = Object.fromEntries(keys.map((key) => [key, this.reader.said(this.options[key])]));
    const sorted = (text) => split(text).sort().join(" ");
    const named = keys.filter((key) => {
      const name = this.reader.said(key);
      return sorted(said) === sorted(name) || said === name.replaceAll(" ", "");
    });
    const inside = keys.filter((key) => ` ${words[key]} `.includes(` ${said} `));
    const around = keys.filter((key) => ` ${said} `.includes(` ${words[key]} `) && !said.includes("not"));
    for (const found of [named, length(said) >= 4 ? inside : [], around]) if (found.length === 1) return found[0];
    const near = keys.map((key) => [ratio(said, words[key]), key]).sort(([x], [y]) => y - x);
    const [[best, key], [second]] = near;
    return best >= 0.85 && best - second >= 0.05 ? key : null;
  }

  tryOut(answer) {
    const { value, complaint } = this.read(answer);
    if (value === null) return notUnderstood(complaint);
    return { ...refused(this.feedback[value], value), passed: value === this.right };
  }

  show(key) {
    return `(${key}) ${this.options[key]}`;
  }

  tell() {
    return `${this.say("it is", { right: `(${this.right})` })} ${this.feedback[this.right]}`;
  }

  compare(key) {
    const shown = `(${key})`;
    if (key === this.right) return `${this.say("and so it is", { shown })} ${this.feedback[key]}`;
    return `${this.say("predicted", { shown })} ${this.feedback[key]} ${this.tell()}`;
  }
}

// -- Orders ----------------------------------------------------------------------------------------

export class OrderKind extends Kind {
  read(answer) {
    const { reader } = this;
    const letters = Object.keys(this.lines);
    if (!reader.bare(answer)) return { value: null, complaint: this.wants(answer) };
    let typed = reader.bare(answer);
    const lines = strip(answer).split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/).map(strip).filter(Boolean);
    if (lines.length > 1) {
      // The lines themselves, perhaps, in place of their letters.
      const known = Object.fromEntries(letters.map((letter) => [strip(this.lines[letter]), letter]));
      typed = lines.map((line) => known[line] ?? line).join(", ");
    }
    const order = replaced("[^A-Za-z]", replaced(this.shared.order.between, typed, " ", "i"), "").toUpperCase();
    const missing = [...letters].sort().filter((x) => !order.includes(x));
    const wrong = [
      ...(order ? [] : [["no letter"]]),
      ...[...new Set(order)].filter((x) => !letters.includes(x)).map((x) => ["another letter", x]),
      ...letters.filter((x) => order.split(x).length > 2).map((x) => ["a letter twice", x]),
      ...(missing.length ? [[missing.length === 1 ? "a letter is missing" : "letters are missing", listedNames(missing)]] : []),
    ];
    if (!wrong.length) return { value: order, complaint: "" };
    const [[what, named]] = wrong;
    return { value: null, complaint: this.say(what, { expected: this.expected, typed: short(typed), letters: named }) };
  }

  tryOut(answer) {
    const { value: order, complaint } = this.read(answer);
    if (order === null) return notUnderstood(complaint);
    if (order === this.right) return passed(`${[...order].join(this.say("then"))}: ${this.why}`, order);
    const comesAfter = ([before, after]) => [...before].some((x) => [...after].some((y) => order.indexOf(x) > order.indexOf(y)));
    return refused(this.rules.find(comesAfter)[2], order);
  }
}

// -- Points ----------------------------------------------------------------------------------------

export class PointsKind extends Kind {
  constructor(table, ...others) {
    super(table, ...others);
    this.at = this.right.map(([place]) => place);
    [, , this.of] = fits("(.*?) \\((.*)\\)", this.names[0]);
    [, this.name, this.unit] = fits("(.*?) \\((.*)\\)", this.names[1]);
  }

  show(points) {
    return `${this.name} = ${listed(points.map(([, value]) => value))} ${this.unit}`;
  }

  kept(value) {
    if (typeof value === "string") return super.kept(value);
    if (!Array.isArray(value)) return null;
    const pairs = value.every((each) => Array.isArray(each) && each.length === 2);
    const same = (one, other) => one.length === other.length && one.every((x, n) => x === other[n]);
    const byPlace = pairs ? [...value].sort(([x], [y]) => x - y) : [];
    const sorted = [...this.at].sort((x, y) => x - y);
    if (pairs && !same(byPlace.map(([place]) => place), sorted)) return null;
    const values = pairs ? byPlace.map(([, each]) => each) : value;
    if (!same(values.map((each) => typeof each), this.at.map(() => "number"))) return null;
    return this.notFar(values).value;
  }

  read(answer) {
    const units = this.at.map(() => this.unit);
    const { value, complaint } = orComplaint(() => this.reader.readNumbers(this.withoutPlaces(answer), units));
    return value === null ? { value, complaint } : this.notFar(value);
  }

  notFar(values) {
    const largest = Math.max(...this.right.map(([, value]) => Math.abs(value)));
    const farthest = values.reduce((one, other) => (Math.abs(other) > Math.abs(one) ? other : one));
    if (Math.abs(farthest) <= this.far * largest) return { value: this.at.map((place, n) => [place, values[n]]), complaint: "" };
    const other = [...this.reader.relatives(this.unit), ["%", -2]].find(([, power]) => {
      const times = Math.max(...values.map((value) => Math.abs(scaled(value, power)))) / largest;
      return 0.7 <= times && times <= 1.5;
    });
    const asked = { number: written(farthest), unit: this.unit, other: other?.[0] };
    return { value: null, complaint: this.say(other ? "points in another unit" : "points too large", asked) };
  }

  // The values alone where each stands behind its place, as in `5 ms: 0.39, 10 ms: 0.63`.
  withoutPlaces(text) {
    const unit = this.of.slice(this.of.indexOf("(") + 1).replace(/\)+$/, "");
    const pairs = this.reader
      .bare(text)
      .split(pattern("[,;\\n]\\s+|\\n"))
      .map((each) => fits(`([\\d.]+)\\s*(?:${escaped(unit)})?\\s*[:=]\\s*(.+)`, strip(each)));
    const same = pairs.every(Boolean) && pairs.length === this.at.length && pairs.every((pair, n) => Number(pair[1]) === this.at[n]);
    return same ? pairs.map((pair) => pair[2]).join("; ") : text;
  }

  tryOut(answer) {
    const { value, complaint } = this.read(answer);
    return value === null ? notUnderstood(complaint) : refused("", value);
  }

  tell() {
    return this.say("it is", { right: `${listed(this.right.map(([, value]) => value))} ${this.unit}` });
  }

  compare(points) {
    const errors = points.map(([, value], n) => value - this.right[n][1]);
    const worst = errors.reduce((best, error, n) => (Math.abs(error) > Math.abs(errors[best]) ? n : best), 0);
    let said = `${this.say("predicted", { shown: this.show(points) })} ${this.tell()}`;
    if (Math.abs(errors[worst]) <= this.tolerance * RIGHT_TO_ROUNDING) return `${said} ${this.say("you saw it coming")}`;
    const shape = this.shapeOf(this.rule, points.map(([, value]) => value));
    if (shape) return `${said} ${this.mistakes.find(({ key }) => key === shape).text}`;
    if (shape === "" && this.mistakes.length) said += ` ${this.say("the shape is right")}`;
    const there = { place: `${written(this.at[worst])} ${this.of}`, by: `${written(Math.abs(errors[worst]), 3)} ${this.unit}` };
    return `${said} ${this.say(errors[worst] > 0 ? "too high at a place" : "too low at a place", there)}`;
  }
}

// -- Witnesses -------------------------------------------------------------------------------------

// Arguments at which a wrong function is wrong.
export class WitnessKind extends Kind {
  constructor(table, ...others) {
    super(table, ...others);
    this.arguments = Object.entries(this.within).map(([name, [low, high, unit = "", why = ""]]) => ({ name, low, high, unit, why }));
  }

  read(answer) {
    const groups = Math.max(...this.arguments.map(({ high }) => high)) >= 1000;
    const names = this.arguments.map(({ name }) => name);
    const units = this.arguments.map(({ unit }) => unit);
    const { value, complaint } = orComplaint(() => this.reader.readNumbers(answer, units, names, groups));
    if (value === null) return { value, complaint };
    const outside = this.arguments.findIndex(({ low, high }, n) => !(low <= value[n] && value[n] <= high));
    return outside < 0 ? { value, complaint: "" } : { value: null, complaint: this.outside(this.arguments[outside], value[outside]) };
  }

  outside({ name, low, high, unit, why }, number) {
    const ends = { low: written(low), high: written(high), number: whole(number) };
    const outside = this.reader.unitOf(unit) ? "an argument outside, in a unit" : "an argument outside";
    const said = `${this.say(outside, { name, unit, ...ends })}${why && `: ${why}`}.`;
    for (const [other, power] of this.reader.relatives(unit)) {
      const far = power < 0 ? number >= 5 * high : 0 < number && number < low;
      const meant = scaled(number, power);
      if (unit && far && low <= meant && meant <= high) return `${said} ${this.say("an argument in", { unit: other, number: written(meant) })}`;
    }
    return said;
  }

  tryOut(answer) {
    const { value: numbers, complaint } = this.read(answer);
    if (numbers === null) return notUnderstood(complaint);
    const given = this.arguments.map(({ name, unit }, n) => `${name} = ${this.reader.withUnit(whole(numbers[n]), unit)}`).join(", ");
    const truth = Number(run(this.function, numbers).value);
    const { value, stopped } = run(this.wrong, numbers);
    if (stopped) return passed(this.say("a witness that stops it", { given, error: stopped, right: written(truth) }), numbers);
    const result = Number(value);
    const close = result === truth || Math.abs(result - truth) <= Math.max(1e-6 * Math.max(Math.abs(result), Math.abs(truth)), 1e-12);
    if (!close) {
      if (this.shows) return passed(this.say("a witness", { given, what: this.shows[0] }), numbers);
      const [returned, right] = apart(result, truth);
      return passed(this.say("a witness of a number", { given, number: returned, right }), numbers);
    }
    const hidden = this.hiding.findIndex((hides) => run(hides, numbers).value);
    if (hidden >= 0) return refused(this.mistakes[hidden].text, numbers);
    if (this.shows) return refused(this.say("no witness", { given, what: this.shows[1] }), numbers);
    return refused(this.say("no witness of a number", { given, number: written(result) }), numbers);
  }
}
