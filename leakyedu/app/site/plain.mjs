// Computes with functions that plain.py has written out, as Python does: no text is run.

import { fraction, nearestWhole } from "./written.mjs";

class StoppedBy extends Error {}
class Returned {
  constructor(value) {
    this.value = value;
  }
}

// {value}, or {stopped: the name of Python's error}.
export function run(written, given) {
  try {
    return { value: called(written, given) };
  } catch (error) {
    if (!(error instanceof StoppedBy)) throw error;
    return { stopped: error.message };
  }
}

function called({ arguments: names, defaults, body, uses }, given) {
  const all = [...given, ...defaults.slice(defaults.length - (names.length - given.length))];
  const known = Object.fromEntries(names.map((name, n) => [name, all[n]]));
  return followed(body, { known, uses })?.value;
}

function followed(lines, scope) {
  for (const line of lines) {
    const done = DOES[line[0]](line, scope);
    if (done) return done;
  }
  return null;
}

function keep(names, value, { known }) {
  if (names.length === 1) known[names[0]] = value;
  else names.forEach((name, n) => (known[name] = value[n]));
}

const DOES = {
  let([, names, x], scope) {
    keep(names, valueOf(x, scope), scope);
  },
  if([, test, then, other], scope) {
    return followed(valueOf(test, scope) ? then : other, scope);
  },
  for([, names, x, body], scope) {
    for (const each of valueOf(x, scope)) {
      keep(names, each, scope);
      const done = followed(body, scope);
      if (done) return done;
    }
    return null;
  },
  return([, x], scope) {
    return new Returned(valueOf(x, scope));
  },
};

function valueOf(x, scope) {
  if (typeof x === "number") return x;
  const [what, ...parts] = x;
  const value = (part) => valueOf(part, scope);
  switch (what) {
    case "name":
      return scope.known[parts[0]];
    case "item":
      return value(parts[0])[parts[1]];
    case "tuple":
      return parts.map(value);
    case "and":
      return parts.every(value);
    case "or":
      return parts.some(value);
    case "choose":
      return value(parts[0]) ? value(parts[1]) : value(parts[2]);
    case "each":
      return [...value(parts[2])].map((each) => {
        keep(parts[1], each, scope);
        return value(parts[0]);
      });
    case "call": {
      const [name, ...given] = parts;
      if (scope.uses[name]) return called(scope.uses[name], given.map(value));
      return CALLS[name](...given.map(value));
    }
    default:
      return COMPUTES[what](...parts.map(value));
  }
}

const COMPUTES = {
  "+": (x, y) => x + y,
  "-": (x, y) => x - y,
  "*": (x, y) => x * y,
  "/": (x, y) => (y === 0 ? stop("ZeroDivisionError") : x / y),
  "**": (x, y) => (x === 0 && y < 0 ? stop("ZeroDivisionError") : finite(x ** y)),
  negative: (x) => -x,
  not: (x) => !x,
  "<": (x, y) => x < y,
  "<=": (x, y) => x <= y,
  ">": (x, y) => x > y,
  ">=": (x, y) => x >= y,
  "==": (x, y) => x === y,
  "!=": (x, y) => x !== y,
};

const CALLS = {
  abs: Math.abs,
  min: Math.min,
  max: Math.max,
  float: Number,
  sum: (numbers) => numbers.reduce((total, x) => total + x, 0),
  round: roundedTo,
  range: (...ends) => [...counted(...ends)],
  exp: (x) => finite(Math.exp(x)),
  sqrt: Math.sqrt,
  atan: Math.atan,
  degrees: (x) => x * (180 / Math.PI),
  isclose: (x, y, tolerance = 1e-9) => Math.abs(x - y) <= tolerance * Math.max(Math.abs(x), Math.abs(y)),
};

function stop(name) {
  throw new StoppedBy(name);
}

function finite(x) {
  return Number.isFinite(x) ? x : stop("OverflowError");
}

// Python's round: of two that are as near, the even one.
function roundedTo(x, decimals = 0) {
  const [above, below] = fraction(x);
  const size = nearestWhole(above * 10n ** BigInt(decimals), below);
  return Number(`${x < 0 ? "-" : ""}${size}e${-decimals}`);
}

function* counted(...ends) {
  const [from, to, by] = ends.length === 1 ? [0, ends[0], 1] : [...ends, 1];
  for (let n = from; n < to; n += by) yield n;
}
