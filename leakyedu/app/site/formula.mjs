// Typed formulas, as leakyedu.teaching.formula and .expression read and compare them; no text is ever run.
//
// A tree is {number: {m, e}}, {constant: name}, {symbol: name}, {sign: "-", of: tree}, {sign: "+", of: [tree, tree]} or
// {call: name, of: tree}.

import {
  absolute, agree, checked, E, ExplodesError, FUNCTIONS_OF_NUMBERS, fromFloat, fromFraction, hugeness, imaginaryPart, inverse, isLess,
  multiplied, negative, NoNumberError, PI, raised, realPart, sum, toFloat,
} from "./exact.mjs";
import { Kind, refused } from "./kinds.mjs";
import { closest, escaped, finds, fits, general, isPrintable, length, listedNames, part, pattern, replaced, strip } from "./written.mjs";

export class FormulaError extends Error {}

// The beginning of a text, or its end for a negative length.
function cut(text, most = 20) {
  if (length(text) <= Math.abs(most)) return text;
  return most > 0 ? `${part(text, 0, most)}…` : `…${part(text, most)}`;
}

const isNumber = (word) => /^[0-9.]/.test(word);
const isName = (word) => finds("^[^\\W\\d]", word) !== null;

// -- From a text to a tree -------------------------------------------------------------------------

export class FormulaReader {
  constructor({ formula }, reader) {
    Object.assign(this, formula); // letters, functions, constants, left_side, word, way_out, ways_out, limits
    this.reader = reader;
  }

  refuse(what, values) {
    throw new FormulaError(this.reader.say(what, values));
  }

  parse(text, names) {
    const words = this.words(this.plain(text, names));
    const atoms = words.map((_, k) => this.atom(words, k, names));
    this.checkOrder(words, atoms);
    this.checkBrackets(words);
    const tree = new Tree(words, atoms);
    if (tree.parts > this.limits.nodes) this.refuse("too many parts", { most: this.limits.nodes });
    this.checkPowers(tree.whole);
    return tree.whole;
  }

  // A formula that `parse` has read, with its brackets where they matter, and no others.
  readAs(text, names) {
    const words = this.words(this.plain(text, names));
    return shown(new Tree(words, words.map((word) => (isName(word) || isNumber(word) ? { word } : null))).whole, 0);
  }

  // A text with the signs and letters of a keyboard, without the left side of an equation.
  plain(text, names) {
    const { reader, limits } = this;
    if (length(text) <= limits.length) {
      text = reader.keyboard(reader.unquoted(strip(text)));
      text = this.fromLatex(strip([...text].map((sign) => this.letters[sign] ?? sign).join("")));
      text = replaced("\\b(np|numpy|math|sympy|sp|torch)\\.(?=[a-z])", text, "");
      const left = finds(this.left_side, text);
      if (left && names.includes(left[1]))
        this.refuse("an equation", { name: left[1] });
      text = replaced("\\)\\s*\\(", replaced(this.left_side, text, ""), ")*(");
      // A value at the start as a text has it: v_0 or v(0) for v0.
      for (const name of names) {
        const at = fits("([^\\W\\d_]+)(\\d)", name);
        if (at) text = replaced(`\\b${at[1]}(_${at[2]}\\b|\\(\\s*${at[2]}\\s*\\))`, text, name);
      }
      // A voltage or a current that depends on time is the one of the question.
      const depends = names.filter((name) => "vVuiI".includes(name[0])).map(escaped).join("|");
      if (depends) text = replaced(`\\b(${depends})\\(t\\)`, text, "$1");
    }
    if (length(text) > limits.length) this.refuse("too long a formula", { most: limits.length });
    if (text.includes("...")) this.refuse("dots in a formula");
    if (!text) this.refuse("no formula");
    return text;
  }

  // What LaTeX and sympy write otherwise: indices, fractions, powers, an equation.
  fromLatex(text) {
    const equation = fits("Eq\\((Derivative\\(.*?, *\\w+\\)|[^,]*),(.*)\\)", text);
    if (equation) text = `${equation[1].startsWith("Derivative") ? "dv/dt" : equation[1]} = ${equation[2]}`;
    const index = "_\\{\\\\(?:text|mathrm)\\{(\\w+)\\}\\}|_\\\\(?:text|mathrm)\\{(\\w+)\\}|_\\{(\\w+)\\}";
    text = replaced(index, text, (_, one, two, three) => `_${one || two || three}`);
    text = replaced("\\\\(?:left|right)\\b", replaced("\\\\(?:cdot|times)\\b\\s*", text, "*"), "");
    const inner = "\\{([^{}]*)\\}";
    for (let n = 0; n < this.limits.depth; n += 1) {
      const before = text;
      text = replaced(`\\\\frac\\s*${inner}\\s*${inner}`, text, "(($1)/($2))");
      text = replaced(`(?<=\\*\\*)${inner}`, text, "($1)");
      if (text === before) break;
    }
    return replaced("\\\\(?=[A-Za-z])", text, "");
  }

  // The numbers, names and signs of a formula, in order.
  words(text) {
    const words = [];
    const next = pattern(this.word, "y");
    for (let at = 0; at < text.length; ) {
      next.lastIndex = at;
      const found = next.exec(text);
      if (!found) {
        const sign = String.fromCodePoint(text.codePointAt(at));
        const comma = /([0-9]{1,9}),([0-9]{1,9})/.exec(text);
        if (sign === "," && comma) this.refuse("a comma", { typed: comma[0], before: comma[1], after: comma[2] });
        const code = sign.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
        const named = isPrintable(sign) && sign !== "`" ? `\`${sign}\`` : this.reader.say("a character", { code });
        this.refuse("a foreign sign", { sign: named, way_out: this.ways_out[sign] ?? this.way_out });
      }
      words.push(found[0]);
      at += found[0].length;
    }
    return words.filter((word) => strip(word));
  }

  // What a number or a name stands for; null for a sign.
  atom(words, k, names) {
    const word = words[k];
    if (isNumber(word)) {
      const [digits, power = "0"] = word.split(/[eE]/);
      const zero = !/[1-9]/.test(digits);
      const { largest } = this.limits;
      if (!zero && !(1 / largest <= Number(word) && Number(word) <= largest))
        this.refuse("too large or too small", { number: cut(word) });
      const [whole, decimals = ""] = digits.split(".");
      const by = zero ? 0 : Number(power) - decimals.length;
      const above = BigInt(zero ? 0 : whole + decimals) * 10n ** BigInt(Math.max(by, 0));
      return { number: fromFraction(above, 10n ** BigInt(Math.max(-by, 0))) };
    }
    if (!isName(word)) return null;
    if (names.includes(word)) return { symbol: word };
    if (this.functions.includes(word)) return { function: word };
    if (this.constants.includes(word)) return { constant: word };
    throw new FormulaError(this.explainName(words[k - 1] ?? "", word, words[k + 1] ?? "", names));
  }

  // Say that a name is unknown, and which one may have been meant.
  explainName(before, word, after, names) {
    for (const [one, two] of [[before, word], [word, after]])
      if (names.includes(`${one}_${two}`)) return this.reader.say("a gap", { one, two });
    const any = [...names].sort((one, other) => other.length - one.length).map(escaped).join("|");
    const factors = any ? (word.match(pattern(any, "g")) ?? []) : [];
    if (word === factors.join("")) return this.reader.say("names in a row", { names: cut(word), product: cut(factors.join("*")) });
    const ticked = (all) => all.map((name) => `\`${name}\``);
    const [what, known] = after === "(" ? ["no function", this.functions] : [names.length ? "no symbol" : "no symbols", names];
    if (/^C[0-9]+$/.test(word)) return this.reader.say("a constant of integration", { name: word });
    const meant = new Map((after === "(" ? this.functions : names).map((name) => [name.toLowerCase(), name]));
    let near = names.filter((name) => length(word) > 1 && name.startsWith(word));
    const close = length(word) > 1 && !near.length ? closest(word.toLowerCase(), [...meant.keys()]) : undefined;
    if (close !== undefined) near = [meant.get(close)];
    near = near.length ? ` ${this.reader.say("did you mean", { names: ticked(near).join(" or ") })}` : "";
    return this.reader.say(what, { name: cut(word), near, known: ticked(known).join(", ") });
  }

  // Refuse two values side by side, a sign without a value, and a function without brackets.
  checkOrder(words, atoms) {
    for (let k = 0; k <= words.length; k += 1) {
      const [before, after, atom] = [words[k - 1] ?? "", words[k] ?? "", atoms[k - 1] ?? null];
      if (atom?.function) {
        if (after !== "(") this.refuse("a function without brackets", { name: before });
        continue;
      }
      const ends = atom !== null || before === ")";
      const starts = after === "(" || (after && atoms[k] !== null);
      if (ends && starts) {
        const [one, two] = [before === ")" ? "(...)" : cut(before), after === "(" ? "(...)" : cut(after)];
        this.refuse("a missing sign", { one, two });
      }
      if (!ends && ["*", "/", "**", ")", ""].includes(after)) {
        const where = before && after ? "between" : before ? "after" : "before";
        this.refuse(`a missing value ${where}`, { before: before.replaceAll("**", "^"), after: after.replaceAll("**", "^") });
      }
    }
  }

  // Refuse brackets that do not match, and too many inside each other.
  checkBrackets(words) {
    const opened = [];
    words.forEach((word, k) => {
      if (word === "(") opened.push(k);
      else if (word === ")" && !opened.length)
        this.refuse("a bracket closes nothing", { before: cut(words.slice(0, k).join(""), -20) });
      else if (word === ")") opened.pop();
      if (opened.length > this.limits.depth) this.refuse("too deep", { most: this.limits.depth });
    });
    if (opened.length) {
      const inside = cut(words.slice(opened.at(-1) + 1).join(""));
      this.refuse("a bracket never closed", { inside });
    }
  }

  // Refuse an exponent that is too large, from the inside out and from left to right.
  checkPowers(tree) {
    if (tree.of) [tree.of].flat().forEach((each) => this.checkPowers(each));
    if (tree.sign !== "**" || isE(tree.of[0]) || symbolsOf(tree.of[1]).size) return;
    const size = absolute(this.evaluate(tree.of[1], {}));
    if (isLess(fromFloat(this.limits.exponent), size)) this.refuse("too large an exponent", { most: this.limits.exponent });
  }

  // The number that a formula is at a point, to some 50 digits.
  evaluate(tree, point) {
    try {
      return numberAt(tree, point);
    } catch (error) {
      if (error instanceof ExplodesError) this.refuse("it explodes");
      if (!(error instanceof NoNumberError)) throw error;
      const where = Object.entries(point).map(([name, x]) => `${name} = ${general(x, 4)}`);
      return this.refuse(where.length ? "no value there" : "no value", { where: where.join(", ") });
    }
  }
}

const isE = (tree) => tree.constant === "e" || tree.constant === "E" || (tree.sign === "+" && !Array.isArray(tree.of) && isE(tree.of));

// The tree of words that stand in order, by Python's grammar.
class Tree {
  constructor(words, atoms) {
    Object.assign(this, { words, atoms, at: 0, parts: 0 });
    this.whole = this.sum();
  }

  made(tree) {
    this.parts += 1;
    return tree;
  }

  sum() {
    let tree = this.product();
    while (["+", "-"].includes(this.words[this.at])) tree = this.made({ sign: this.words[this.at++], of: [tree, this.product()] });
    return tree;
  }

  product() {
    let tree = this.signed();
    while (["*", "/"].includes(this.words[this.at])) tree = this.made({ sign: this.words[this.at++], of: [tree, this.signed()] });
    return tree;
  }

  signed() {
    const word = this.words[this.at];
    if (word === "+" || word === "-") {
      this.at += 1;
      return this.made({ sign: word, of: this.signed() });
    }
    const base = this.value();
    if (this.words[this.at] !== "**") return base;
    this.at += 1;
    return this.made({ sign: "**", of: [base, this.signed()] });
  }

  value() {
    if (this.words[this.at] === "(") return this.bracket();
    const atom = this.made(this.atoms[this.at]);
    const word = this.words[this.at++];
    if (this.words[this.at] !== "(") return atom;
    return this.made({ call: word, of: this.bracket() });
  }

  bracket() {
    this.at += 1;
    const tree = this.sum();
    this.at += 1;
    return tree;
  }
}

const BINDING = { "+": 1, "-": 1, "*": 2, "/": 2, "**": 4 };

// A tree as Python's ast.unparse writes it, without blanks around products and powers; `least`: what binds less is bracketed.
function shown(tree, least) {
  if (tree.word) return tree.word;
  if (tree.call) return `${tree.call}(${shown(tree.of, 0)})`;
  const binds = Array.isArray(tree.of) ? BINDING[tree.sign] : 3;
  let text;
  if (!Array.isArray(tree.of)) text = `${tree.sign}${shown(tree.of, 3)}`;
  else {
    const [left, right] = tree.sign === "**" ? [binds + 1, binds] : [binds, binds + 1];
    const between = binds === 1 ? ` ${tree.sign} ` : tree.sign;
    text = shown(tree.of[0], left) + between + shown(tree.of[1], right);
  }
  return binds < least ? `(${text})` : text;
}

function symbolsOf(tree, found = new Set()) {
  if (tree.symbol) found.add(tree.symbol);
  if (tree.of) [tree.of].flat().forEach((each) => symbolsOf(each, found));
  return found;
}

// -- From a tree to a number -----------------------------------------------------------------------

function numberAt(tree, point) {
  if (tree.symbol) return fromFloat(point[tree.symbol]);
  if (tree.number) return checked(tree.number);
  if (tree.constant) return tree.constant === "pi" ? PI() : E();
  if (tree.call) return checked(FUNCTIONS_OF_NUMBERS[tree.call === "ln" ? "log" : tree.call](numberAt(tree.of, point)));
  if (!Array.isArray(tree.of)) return tree.sign === "-" ? negative(numberAt(tree.of, point)) : numberAt(tree.of, point);
  if (tree.sign === "**" && isE(tree.of[0])) return checked(FUNCTIONS_OF_NUMBERS.exp(numberAt(tree.of[1], point)));
  const [x, y] = tree.of.map((each) => numberAt(each, point));
  const does = { "+": () => sum(x, y), "-": () => sum(x, negative(y)), "*": () => multiplied(x, y), "/": () => multiplied(x, checked(inverse(y))), "**": () => raised(x, y) };
  return checked(does[tree.sign]());
}

// -- A formula as an answer ------------------------------------------------------------------------

// As leakyedu.teaching.expression.Expression: compared with the right one at random points.
export class ExpressionKind extends Kind {
  constructor(table, reader, shared) {
    super(table, reader, shared);
    this.formulas = new FormulaReader(shared, reader);
    this.names = Object.keys(this.ranges);
    const { tolerance, loose, divided } = shared.formula.compared;
    Object.assign(this, { tolerance, loose, divided });
  }

  // What is read from the table, when it is first wanted.
  known() {
    const of = (text) => {
      const tree = this.formulas.parse(text, this.names);
      return { tree, symbols: symbolsOf(tree), values: [] }; // of a mistake, as many as are needed
    };
    if (!this.made) {
      this.made = { right: of(this.right), wrong: this.mistakes.map(({ answer }) => of(answer)) };
      this.made.right.values = this.values(this.made.right.tree);
    }
    return this.made;
  }

  tryOut(answer) {
    const orError = (does) => {
      try {
        return { value: does() };
      } catch (error) {
        if (!(error instanceof FormulaError)) throw error;
        return { error: error.message };
      }
    };
    const formula = orError(() => this.formulas.parse(answer, this.names));
    if (formula.error) return { passed: false, text: formula.error, value: null, understood: false };
    const tree = formula.value;
    const found = orError(() => this.values(tree));
    if (found.error) return refused(found.error, answer);
    const [values, { right, wrong }] = [found.value, this.known()];
    if (this.same(values, right.values)) return { passed: true, text: this.reader.say("it agrees", { points: this.points.length }), value: answer, understood: true };
    const words = this.missingBrackets(answer, right.values, this.loose);
    if (words) return refused(words, answer);
    const symbols = symbolsOf(tree);
    // A formula without one of its symbols may come close to a mistake, and does not make it.
    const made = wrong.findIndex((each) => [...each.symbols].every((name) => symbols.has(name)) && this.isMade(each, values));
    if (made >= 0) return refused(this.mistakes[made].text, answer);
    const more = this.missingBrackets(answer, right.values, this.divided);
    if (more) return refused(more, answer);
    const read = this.reader.say("read as", { formula: this.formulas.readAs(answer, this.names) });
    const said = orError(() => this.nameDifference(tree, values, right, read));
    return refused(said.error ?? said.value, answer);
  }

  // Say where a formula lacks the brackets that would make it right, or nothing.
  missingBrackets(text, truths, parts) {
    const read = this.formulas.readAs(text, this.names);
    for (const one of parts)
      for (const found of read.matchAll(pattern(one, "g"))) {
        const [before, inside] = [found[1], found.slice(2).join("")];
        const bracketed = `${read.slice(0, found.index)}${before}(${inside})${read.slice(found.index + found[0].length)}`;
        try {
          const other = this.formulas.parse(bracketed, this.names);
          if (!truths.every((y, n) => agree(this.formulas.evaluate(other, this.points[n]), y, this.tolerance))) continue;
        } catch (error) {
          if (!(error instanceof FormulaError)) throw error;
          continue;
        }
        return this.reader.say("missing brackets", { read, inside });
      }
    return "";
  }

  values(tree, instead = {}) {
    return this.points.map((point) => this.formulas.evaluate(tree, { ...point, ...instead }));
  }

  // Whether a mistake has these values; after the first point at which it has not, none is looked at.
  isMade(mistake, values) {
    const valueAt = (n) => (mistake.values[n] ??= this.formulas.evaluate(mistake.tree, this.points[n]));
    return values.every((x, n) => agree(x, valueAt(n), this.tolerance));
  }

  same(values, truths) {
    return values.every((x, n) => agree(x, truths[n], this.tolerance));
  }

  constant(numbers) {
    return this.same(numbers, numbers.map(() => numbers[0]));
  }

  // Say what distinguishes a wrong formula from the right one, without showing that.
  nameDifference(tree, values, right, read) {
    const say = (what, given) => this.reader.say(what, given);
    const symbols = symbolsOf(tree);
    const truths = right.values;
    if (!symbols.size && right.symbols.size) return say("a number for a formula", { expected: this.expected });
    const missing = [...right.symbols].filter((name) => !symbols.has(name)).sort();
    if (missing.length) return say(missing.length === 1 ? "left out" : "several left out", { names: listedNames(missing) });
    if (this.same(values.map(negative), truths)) return say("the sign is not right");
    const isThere = (x) => hugeness(x) !== -Infinity;
    if (values.every(isThere) && truths.every(isThere)) {
      const ratios = values.map((x, n) => multiplied(x, inverse(truths[n])));
      if (this.constant(ratios)) return say("up to a factor");
      if (this.same(values.map(inverse), truths)) return say("upside down");
      for (const name of this.names)
        for (const power of [-2, -1, 1, 2]) {
          const factor = (n) => fromFloat(this.points[n][name] ** power);
          if (this.constant(ratios.map((r, n) => multiplied(r, factor(n)))))
            return say("up to a symbol", { name });
        }
    }
    if (this.constant(values.map((x, n) => sum(x, negative(truths[n]))))) return say("up to a term");
    const distances = values.map((x, n) => multiplied(absolute(sum(x, negative(truths[n]))), inverse(sum(absolute(truths[n]), fromFloat(1e-30)))));
    const worst = distances.reduce((best, distance, n) => (isLess(distances[best], distance) ? n : best), 0);
    const where = this.names.map((name) => `${name} = ${general(this.points[worst][name], 4)}`).join(", ");
    return `${this.ends(tree, right.tree)}${say("a wrong value", { where, read, value: this.sizeOf(values[worst], truths[worst]) })}`;
  }

  // Say at which end of time a formula is right, if it is at one.
  ends(tree, right) {
    if (!this.names.includes("t")) return "";
    const [start, end] = [0, 30 * this.ranges.t[1]].map((t) => {
      try {
        return this.same(this.values(tree, { t }), this.values(right, { t }));
      } catch (error) {
        if (!(error instanceof FormulaError)) throw error;
        return false;
      }
    });
    if (!start && !end) return "";
    return `${this.reader.say(start && end ? "right at both ends" : start ? "right at 0" : "right in the end")} `;
  }

  // A wrong value with a word on it.
  sizeOf(value, truth) {
    const limit = multiplied(fromFloat(1e-12), absolute(value));
    if (isLess(limit, absolute(imaginaryPart(value)))) return this.reader.say("a complex value");
    const [x, y] = [realPart(value), realPart(truth)];
    return this.reader.say(isLess(y, x) ? "too large a value" : "too small a value", { value: general(toFloat(x), 4) });
  }
}
