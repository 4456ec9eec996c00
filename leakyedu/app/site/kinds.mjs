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
    const counted = this.counts();
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

  counts() {
    return this.unit !== "" && this.reader.unitOf(this.unit) === null;
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
    const [small, large] = this.counts() ? ["too few", "too many"] : ["too small", "too large"];
    const side = number > this.right ? large : small;
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
      if (!rest || own.includes(rest) || rest.includes(own) || /^(because|since)/.test(rest)) return keys.some((each) => reader.said(each) === rest) ? null : key;
      // In words of one's own: they name no other letter, and are none of another option.
      const others = keys.filter((each) => each !== key);
      const words = split(rest);
      if (others.some((each) => reader.said(each) !== "a" && words.includes(reader.said(each))) || rest === "a") return null;
      return others.some((each) => words.every((word) => split(reader.said(this.options[each])).includes(word))) ? null : key;
    }
    const blank = said.indexOf(" ");
    const [key, rest] = blank < 0 ? [said, ""] : [said.slice(0, blank), said.slice(blank + 1)];
    if (rest && keys.includes(key) && `${reader.said(this.options[key])} `.startsWith(`${rest} `)) return key;
    const names = split(keys.map((each) => reader.said(this.options[each])).join(" "));
    if (ordinals.includes(key) && !names.includes(key) && fits("\\w+( one| option| answer)?", said)) return keys[ordinals.indexOf(key)] ?? null;
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
    const same = keys.filter((key) => split(said).every((word) => split(words[key]).includes(word)));
    const only = length(said) >= 4 && inside.join() === same.join() ? inside : [];
    const around = keys.filter((key) => ` ${said} `.includes(` ${words[key]} `) && !said.includes("not"));
    for (const found of [named, only, around]) if (found.length === 1) return found[0];
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
    const without = replaced(this.shared.order.between, typed, " ", "i");
    const order = replaced("[^A-Za-z]", this.byPlaces(without, letters.length) ?? without, "").toUpperCase();
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

  // The letters in the order of their places, where each stands beside its own; else null.
  byPlaces(typed, many) {
    const before = [...typed.matchAll(pattern("(\\d+)\\s*[=:.)]\\s*([A-Za-z])", "g"))].map(([, place, letter]) => [letter, Number(place)]);
    const behind = [...typed.matchAll(pattern("([A-Za-z])\\s*[=:]\\s*(\\d+)", "g"))].map(([, letter, place]) => [letter, Number(place)]);
    const places = [...new Map([...before, ...behind])].sort(([, x], [, y]) => x - y);
    return places.length === many && places.every(([, place], n) => place === n + 1) ? places.map(([letter]) => letter).join("") : null;
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
    const values = `${listed(points.map(([, value]) => value))} ${this.unit}`;
    return this.name.includes(" ") ? `${values} for the ${this.name}` : `${this.name} = ${values}`;
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
    if (Math.abs(farthest) <= this.far) return { value: this.at.map((place, n) => [place, values[n]]), complaint: "" };
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

  // By what the right curve is to be multiplied to be of the shape of these values; null if by nothing.
  timesOf(values) {
    const start = this.start[1];
    const last = this.right.at(-1)[1];
    if (start || this.right.every(([, value]) => value <= last)) return null; // of one that ends on a level, the level says more
    let [size, product] = [0, 0];
    this.right.forEach(([, right], n) => {
      size += (right - start) * (right - start);
      product += (values[n] - start) * (right - start);
    });
    const times = product / size;
    if (times <= 0) return null;
    return this.shapeOf(this.rule, values.map((value) => start + (value - start) / times)) === "" ? times : null;
  }

  // The key of the mistake that rises, or falls, all the way as these values do; null without one.
  trendOf(values) {
    if (Math.min(...values) < 0 && this.right.every(([, value]) => value >= 0)) return null;
    const steps = values.slice(1).map((value, n) => value - values[n]);
    const [low, high] = [Math.min(...steps), Math.max(...steps)];
    return this.trends[low >= 0 && high > 0 ? "rises" : high <= 0 && low < 0 ? "falls" : ""] ?? null;
  }

  // The key of the mistake that values were computed by, or nothing.
  computedBy(values) {
    const made = this.mistakes.find(({ key, answer }) => {
      const away = Math.max(...answer.map((value, n) => Math.abs(values[n] - value)));
      return this.computed.includes(key) && away <= this.computed_alike * Math.max(...answer.map(Math.abs));
    });
    return made?.key ?? "";
  }

  tell() {
    return this.say("it is", { right: `${listed(this.right.map(([, value]) => value))} ${this.unit}` });
  }

  compare(points) {
    const errors = points.map(([, value], n) => value - this.right[n][1]);
    const worst = errors.reduce((best, error, n) => (Math.abs(error) > Math.abs(errors[best]) ? n : best), 0);
    let said = `${this.say("predicted", { shown: this.show(points) })} ${this.tell()}`;
    if (Math.abs(errors[worst]) <= this.tolerance * RIGHT_TO_ROUNDING) return `${said} ${this.say("you saw it coming")}`;
    const values = points.map(([, value]) => value);
    const shape = (this.computedBy(values) || this.shapeOf(this.rule, values)) ?? this.trendOf(values);
    if (shape) return `${said} ${this.mistakes.find(({ key }) => key === shape).text}`;
    if (shape === "" && this.mistakes.length) said += ` ${this.say("the shape is right")}`;
    const times = shape === null ? this.timesOf(values) : null;
    if (times !== null) return `${said} ${this.say("the shape is right, the size is not", { times: written(times, 2) })}`;
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
    if (outside < 0) return { value, complaint: "" };
    return { value: null, complaint: this.outside(this.arguments[outside], value[outside]) + this.inAnotherOrder(value) };
  }

  // In which order arguments come if these would make sense in another one, or nothing.
  inAnotherOrder(numbers) {
    const fitting = (left, [argument, ...others]) =>
      !argument || left.some((x, n) => argument.low <= x && x <= argument.high && fitting(left.toSpliced(n, 1), others));
    const names = this.arguments.map(({ name }) => name).join(", ");
    return numbers.every(Boolean) && fitting(numbers, this.arguments) ? ` ${this.say("arguments in another order", { names })}` : "";
  }

  outside({ name, low, high, unit, why }, number) {
    const ends = { low: whole(low), high: whole(high), number: whole(number) };
    const outside = this.reader.unitOf(unit) ? "an argument outside, in a unit" : "an argument outside";
    const said = `${this.say(outside, { name, unit, ...ends })}${why && `: ${why}`}.`;
    for (const [other, power] of this.reader.relatives(unit)) {
      if (other.startsWith("u")) continue; // nobody counts in millionths here
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
