// Numbers of fifty digits, real and complex, as the mpmath of leakyedu.teaching.formula has them.
//
// A real number is {m, e}, the whole number m times 2^e; a complex one {re, im}, of two of these. Sums, products and
// quotients are rounded to BITS as mpmath rounds them. The other functions are right to that but for the last bits,
// which decide nothing: formulas are compared to 12 digits.

import { fraction, nearestWhole } from "./written.mjs";

const BITS = 169; // of fifty digits
const FINE = 240; // bits behind the point on the way to them
const EXPLODES = 10_000; // above 2 to this, or below its inverse

export class NoNumberError extends Error {}
export class ExplodesError extends Error {}

function bitsOf(m) {
  const digits = (m < 0n ? -m : m).toString(16); // as few as are quick to write
  return 4 * digits.length - Math.clz32(parseInt(digits[0], 16)) + 28;
}

const ZERO = { m: 0n, e: 0 };
const isComplex = (x) => x.re !== undefined;
const isZero = (x) => (isComplex(x) ? !x.re.m && !x.im.m : !x.m);

function rounded(m, e, bits = BITS) {
  if (!m) return ZERO;
  const away = bitsOf(m) - bits;
  if (away > 0) {
    const size = nearestWhole(m < 0n ? -m : m, 1n << BigInt(away));
    [m, e] = [m < 0n ? -size : size, e + away];
  }
  return { m, e };
}

export function fromWhole(n) {
  return rounded(BigInt(n), 0);
}

export function fromFloat(x) {
  const [above, below] = fraction(x);
  return { m: x < 0 ? -above : above, e: 1 - below.toString(2).length };
}

// A fraction to 55 digits, as sympy hands it over.
export function fromFraction(above, below, bits = 186) {
  if (!above) return ZERO;
  const shift = BigInt(Math.max(0, bits + 64 + bitsOf(below) - bitsOf(above)));
  const size = above < 0n ? -above : above;
  const m = ((size << shift) / below) * 2n + ((size << shift) % below ? 1n : 0n); // the last bit says that more follows
  return rounded(above < 0n ? -m : m, -Number(shift) - 1, bits);
}

// As a float; what is beyond these is infinite.
export function toFloat({ m, e }) {
  if (!m) return 0;
  const away = Math.max(bitsOf(m) - 53, -1074 - e);
  const size = m < 0n ? -m : m;
  const near = away > 0 ? nearestWhole(size, 1n << BigInt(away)) : size;
  const power = away > 0 ? e + away : e;
  const value = power > 1100 ? Infinity : Number(near) * 2 ** Math.max(power, -1000) * 2 ** Math.min(power + 1000, 0);
  return m < 0n ? -value : value;
}

// How many bits a number has before the point; of 0 none.
function magnitude(x) {
  if (isComplex(x)) return isZero(x.re) ? magnitude(x.im) : isZero(x.im) ? magnitude(x.re) : 1 + Math.max(magnitude(x.re), magnitude(x.im));
  return x.m ? x.e + bitsOf(x.m) : -Infinity;
}

export const hugeness = magnitude;

export function checked(x) {
  if (!isZero(x) && Math.abs(magnitude(x)) > EXPLODES) throw new ExplodesError();
  return x;
}

// -- Real numbers ----------------------------------------------------------------------------------

function aligned(x, y) {
  const e = Math.min(x.e, y.e);
  return [x.m << BigInt(x.e - e), y.m << BigInt(y.e - e), e];
}

function plus(x, y) {
  if (!x.m) return rounded(y.m, y.e);
  if (!y.m) return rounded(x.m, x.e);
  if (Math.abs(magnitude(x) - magnitude(y)) > 1000) return magnitude(x) > magnitude(y) ? rounded(x.m, x.e) : rounded(y.m, y.e);
  const [one, other, e] = aligned(x, y);
  return rounded(one + other, e);
}

const times = (x, y) => rounded(x.m * y.m, x.e + y.e);
const minus = (x) => ({ m: -x.m, e: x.e });

function over(x, y) {
  if (!y.m) throw new NoNumberError();
  if (!x.m) return ZERO;
  const negative = x.m < 0n !== y.m < 0n;
  const found = fromFraction(x.m < 0n ? -x.m : x.m, y.m < 0n ? -y.m : y.m, BITS);
  return { m: negative ? -found.m : found.m, e: found.e + x.e - y.e };
}

export const isLess = (x, y) => plus(x, minus(y)).m < 0n;

// -- Fixed point: a whole number times 2^-FINE -------------------------------------------------------

const ONE = 1n << BigInt(FINE);
const fine = (x, bits = FINE) => (x.e + bits >= 0 ? x.m << BigInt(x.e + bits) : x.m >> BigInt(-x.e - bits));
const product = (x, y) => (x * y) >> BigInt(FINE);

// arctan(1/n), the sum of a series.
function arcOfInverse(n, one) {
  let [term, sum, k] = [one / n, one / n, 1n];
  while (term) [term, k] = [-term / (n * n), k + 2n], (sum += term / k);
  return sum;
}

const pis = new Map();
function piTo(bits) {
  if (!pis.has(bits)) {
    const one = 1n << BigInt(bits + 20);
    pis.set(bits, (4n * (4n * arcOfInverse(5n, one) - arcOfInverse(239n, one))) >> 20n);
  }
  return pis.get(bits);
}

// artanh of a fraction, whose size is below a half.
function artanh(x) {
  const square = product(x, x);
  let [term, sum, k] = [x, x, 1n];
  while (term > 1n || term < -1n) [term, k] = [product(term, square), k + 2n], (sum += term / k);
  return sum;
}

const LOG_2 = 2n * artanh(ONE / 3n);

function expOfFine(x) {
  // Halved eight times, then squared eight times.
  let [term, sum, k] = [ONE, ONE, 1n];
  const small = x >> 8n;
  while (term > 1n || term < -1n) [term, k] = [product(term, small) / k, k + 1n], (sum += term);
  for (let n = 0; n < 8; n += 1) sum = product(sum, sum);
  return sum;
}

function expOf(x) {
  if (magnitude(x) > 40) throw new ExplodesError();
  const exact = fine(x);
  const n = exact / LOG_2;
  return rounded(expOfFine(exact - n * LOG_2), Number(n) - FINE);
}

function logOf(x) {
  if (!x.m) throw new NoNumberError();
  const far = plus(x, fromWhole(-1));
  if (magnitude(far) < -8) return far.m ? logNearOne(far) : ZERO; // it is small, and its first digits count
  const n = magnitude(x);
  const part = fine({ m: x.m, e: x.e - n }); // from a half to one
  return rounded(2n * artanh(((part - ONE) << BigInt(FINE)) / (part + ONE)) + BigInt(n) * LOG_2, -FINE);
}

// log(1 + x) for a small x, by its series in real numbers.
function logNearOne(x) {
  const y = over(x, plus(x, fromWhole(2)));
  const square = times(y, y);
  let [term, sum] = [y, y];
  for (let k = 3; magnitude(term) > magnitude(sum) - BITS - 8; k += 2) {
    term = times(term, square);
    sum = plus(sum, over(term, fromWhole(k)));
  }
  return times(sum, fromWhole(2));
}

function rootOf(x) {
  if (!x.m) return ZERO;
  const shift = 2 * BITS + 20 + (Math.abs(x.e) % 2);
  const below = x.m << BigInt(shift);
  let root = 1n << BigInt(Math.ceil(bitsOf(below) / 2));
  for (;;) {
    const next = (root + below / root) >> 1n;
    if (next >= root) break;
    root = next;
  }
  return rounded(root * 2n + (root * root === below ? 0n : 1n), (x.e - shift) / 2 - 1);
}

// Sine and cosine.
function circle(x) {
  if (x.m < 0n) {
    const [s, c] = circle(minus(x));
    return [minus(s), c];
  }
  const bits = FINE + Math.max(0, magnitude(x)) + 10;
  const pi = piTo(bits);
  const exact = fine(x, bits);
  const quarter = pi / 2n;
  const turns = exact / quarter;
  const angle = (exact - turns * quarter) >> BigInt(bits - FINE);
  const small = magnitude(x) < -20 && !turns;
  let [sine, cosine, term, k] = [0n, 0n, ONE, 0];
  while (term) {
    if (k % 2) sine += k % 4 === 1 ? term : -term;
    else cosine += k % 4 === 0 ? term : -term;
    k += 1;
    term = product(term, angle) / BigInt(k);
  }
  const [s, c] = [small ? smallSine(x) : rounded(sine, -FINE), rounded(cosine, -FINE)];
  return [
    [s, c],
    [c, minus(s)],
    [minus(s), minus(c)],
    [minus(c), s],
  ][Number(turns % 4n)];
}

// x - x^3/6 + x^5/120, for what is small.
function smallSine(x) {
  const square = times(x, x);
  let [term, sum] = [x, x];
  for (let k = 2; magnitude(term) > magnitude(sum) - BITS - 8 && term.m; k += 2) {
    term = minus(over(times(term, square), fromWhole(k * (k + 1))));
    sum = plus(sum, term);
  }
  return sum;
}

function arcOf(x) {
  if (x.m < 0n) return minus(arcOf(minus(x)));
  if (magnitude(x) > 1) return plus({ m: piTo(FINE), e: -FINE - 1 }, minus(arcOf(over(fromWhole(1), x))));
  if (magnitude(x) > -4) return times(fromWhole(2), arcOf(over(x, plus(fromWhole(1), rootOf(plus(fromWhole(1), times(x, x)))))));
  const square = times(x, x);
  let [term, sum] = [x, x];
  for (let k = 3; term.m && magnitude(term) > magnitude(sum) - BITS - 8; k += 2) {
    term = minus(times(term, square));
    sum = plus(sum, over(term, fromWhole(k)));
  }
  return sum;
}

export const PI = () => rounded(piTo(FINE), -FINE, 186);
export const E = () => rounded(expOfFine(ONE), -FINE, 186);

// -- Real or complex -------------------------------------------------------------------------------

const real = (x) => (isComplex(x) ? x.re : x);
const imaginary = (x) => (isComplex(x) ? x.im : ZERO);
export const [realPart, imaginaryPart] = [real, imaginary];

export function sum(x, y) {
  if (!isComplex(x) && !isComplex(y)) return plus(x, y);
  return { re: plus(real(x), real(y)), im: plus(imaginary(x), imaginary(y)) };
}

export function negative(x) {
  return isComplex(x) ? { re: minus(x.re), im: minus(x.im) } : minus(x);
}

export function multiplied(x, y) {
  if (!isComplex(x) && !isComplex(y)) return times(x, y);
  const [a, b, c, d] = [real(x), imaginary(x), real(y), imaginary(y)];
  return { re: plus(times(a, c), minus(times(b, d))), im: plus(times(a, d), times(b, c)) };
}

export function inverse(x) {
  if (!isComplex(x)) return over(fromWhole(1), x);
  const size = plus(times(x.re, x.re), times(x.im, x.im));
  return { re: over(x.re, size), im: minus(over(x.im, size)) };
}

export function absolute(x) {
  if (!isComplex(x)) return x.m < 0n ? minus(x) : x;
  return rootOf(plus(times(x.re, x.re), times(x.im, x.im)));
}

function exponential(x) {
  if (!isComplex(x)) return expOf(x);
  const [size, [sine, cosine]] = [expOf(x.re), circle(x.im)];
  return { re: times(size, cosine), im: times(size, sine) };
}

function angleOf(re, im) {
  if (!re.m && !im.m) return ZERO;
  const half = { m: piTo(FINE), e: -FINE - 1 };
  if (!re.m) return im.m < 0n ? minus(half) : half;
  const angle = arcOf(over(im, re));
  if (re.m > 0n) return angle;
  return plus(angle, im.m < 0n ? minus(times(half, fromWhole(2))) : times(half, fromWhole(2)));
}

function logarithm(x) {
  if (!isComplex(x) && x.m > 0n) return logOf(x);
  if (isZero(x)) throw new NoNumberError();
  return { re: logOf(absolute(x)), im: angleOf(real(x), imaginary(x)) };
}

function root(x) {
  if (!isComplex(x)) return x.m >= 0n ? rootOf(x) : { re: ZERO, im: rootOf(minus(x)) };
  return isZero(x) ? x : exponential(multiplied(logarithm(x), { m: 1n, e: -1 }));
}

const half = (x) => multiplied(x, { m: 1n, e: -1 });
const timesI = (x) => ({ re: minus(imaginary(x)), im: real(x) });
const hyperbolic = (x, sign) => {
  const up = exponential(x);
  return half(sum(up, sign < 0 ? negative(inverse(up)) : inverse(up)));
};

function sinh(x) {
  if (isComplex(x) || magnitude(x) > -20) return hyperbolic(x, -1);
  // The sine of an imaginary number: no digit is lost near 0.
  const square = times(x, x);
  let [term, total] = [x, x];
  for (let k = 2; term.m && magnitude(term) > magnitude(total) - BITS - 8; k += 2) {
    term = over(times(term, square), fromWhole(k * (k + 1)));
    total = plus(total, term);
  }
  return total;
}

const sine = (x) => (isComplex(x) ? negative(timesI(hyperbolic(timesI(x), -1))) : circle(x)[0]);
const cosine = (x) => (isComplex(x) ? hyperbolic(timesI(x), 1) : circle(x)[1]);

function arctangent(x) {
  if (!isComplex(x)) return arcOf(x);
  const [up, down] = [sum(fromWhole(1), timesI(x)), sum(fromWhole(1), negative(timesI(x)))];
  return half(timesI(sum(logarithm(down), negative(logarithm(up)))));
}

export const FUNCTIONS_OF_NUMBERS = {
  exp: exponential,
  log: logarithm,
  sqrt: root,
  sin: sine,
  cos: cosine,
  tan: (x) => multiplied(sine(x), inverse(cosine(x))),
  atan: arctangent,
  sinh,
  cosh: (x) => hyperbolic(x, 1),
  tanh: (x) => (magnitude(x) > 20 && !isComplex(x) ? fromWhole(x.m < 0n ? -1 : 1) : multiplied(sinh(x), inverse(hyperbolic(x, 1)))),
  abs: absolute,
};

function isWhole(x) {
  return !isComplex(x) && (x.e >= 0 || !(x.m & ((1n << BigInt(-x.e)) - 1n)));
}

export function raised(x, y) {
  if (magnitude(y) > 64) return exponential(multiplied(y, logarithm(x)));
  if (isWhole(y)) {
    const n = y.e >= 0 ? y.m << BigInt(y.e) : y.m >> BigInt(-y.e);
    if (n < 0n && isZero(x)) throw new NoNumberError();
    return n < 0n ? inverse(wholePower(x, -n)) : wholePower(x, n);
  }
  if (!isComplex(y) && isWhole({ m: y.m, e: y.e + 1 })) return raised(root(x), { m: y.m, e: y.e + 1 });
  if (isZero(x)) {
    if (isComplex(y) || y.m < 0n) throw new NoNumberError();
    return ZERO;
  }
  return exponential(multiplied(y, logarithm(x)));
}

function wholePower(x, n) {
  let [found, square] = [fromWhole(1), x];
  for (; n; n >>= 1n) {
    if (n & 1n) found = multiplied(found, square);
    if (n > 1n) square = checked(multiplied(square, square));
  }
  return found;
}

// Whether two numbers agree to 12 digits; the last term is for one of 0, which rounding leaves at 1e-50 or so.
export function agree(x, y, tolerance) {
  const most = plus(times(fromFloat(tolerance), absolute(y)), fromFloat(1e-30));
  return !isLess(most, absolute(sum(x, negative(y))));
}
