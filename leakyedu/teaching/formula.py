r"""Typed formulas: a text becomes an expression, and an expression a number; no text is ever run.

Formulas are read as people type them:

========================================  ==========================================
typed                                     read as
========================================  ==========================================
``2^t``, ``2**t``, ``t²``                 powers
``−`` ``–`` ``×`` ``·`` ``÷``             ``-`` ``-`` ``*`` ``*`` ``/``
``τ_mem``, ``Δt``, ``σ``, ``π``           ``tau_mem``, ``dt``, ``sigma``, ``pi``
``e^(-t)``, ``exp(-t)``                   :math:`e^{-t}`, unless ``e`` is a symbol
``v = 1 - t``, ``v(t) = 1 - t``           ``1 - t``
``0.1``                                   1/10: what was typed, without rounding
========================================  ==========================================

What is not read is explained: :class:`FormulaError` says what was not understood, and what to write.
A product without its ``*`` is never guessed, because ``t(v+1)`` might be a function of ``v+1``.

Python's parser sees placeholders only, ``n0 * n1(n2)``; what they stand for is looked up in the symbols
of the question and in the lists below. Sympy computes nothing either, since a few characters can ask for
more digits than there is memory (``exp(9e9*ln(2))``): an expression keeps the form in which it was typed,
and :func:`evaluate` stops at numbers that explode.
"""

import ast
import difflib
import operator
import re
import unicodedata
from collections.abc import Collection, Mapping
from fractions import Fraction
from typing import Any

import mpmath
import sympy
from sympy.core.relational import Relational

from leakyedu.teaching.reading import QUOTES, keyboard
from leakyedu.teaching.says import say

LENGTH, NODES, DEPTH, EXPONENT, LARGEST = 200, 80, 20, 20, 1e30  # limits of a typed formula

FUNCTIONS = {f.__name__: f for f in (sympy.exp, sympy.log, sympy.sqrt, sympy.sin, sympy.cos, sympy.tan)}
FUNCTIONS |= {f.__name__: f for f in (sympy.atan, sympy.sinh, sympy.cosh, sympy.tanh)}
FUNCTIONS |= {"ln": sympy.log, "abs": sympy.Abs}
CONSTANTS = {"e": sympy.E, "E": sympy.E, "pi": sympy.pi}

GREEK = {letter: unicodedata.name(letter).split()[-1].lower() for letter in "αβγδεζηθικμνξοπρστυφχψω"}
KEYBOARD = str.maketrans(GREEK | {"λ": "lambda", "Δ": "d", "∆": "d"})
LEFT_SIDE = re.compile(r"^(?:(\w+)\s*(?:\(\s*\w+\s*\)\s*)?|d\w+(?:\(\w+\))?\s*/\s*dt\s*|\w+\s*'\s*)=(?!=)\s*")
WORD = re.compile(
    r"(?P<number>([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?)|(?P<name>[^\W\d]\w*)|\*\*|[-+*/()]|\s+"
)
WAY_OUT = "A formula has numbers, names, `+ - * / ^` and round brackets"
WAYS_OUT = dict.fromkeys("[]{}", "Write round brackets") | {
    "=": "Solve the equation for what is asked, and give what stands right of the `=` then",
    ",": "A decimal comma is written as a point, and a function takes one thing",
    "|": "Write `abs(t)` for the size of `t`",
    ".": "A name has no dot: write `exp(t)`",
}


class FormulaError(ValueError):
    """Says in a sentence what of a formula was not understood, and what to write instead."""


# -- From a text to an expression ------------------------------------------------------------------


def parse(text: str, names: Collection[str]) -> sympy.Expr:
    """Return the expression that a text stands for, in the form in which it was typed.

    Args:
        text: the formula, of up to 200 characters.
        names: the names of its symbols, for example ``("t", "tau_mem")``. They come before functions and
            constants: with ``e`` among them, ``e`` is no longer Euler's number.

    Returns:
        An expression in ``Symbol(name)``; its ``doit()`` is sympy's usual form.

    Raises:
        FormulaError: if something in it is not understood.
    """
    words = _split(_plain(text, names))
    atoms = [_atom(words, k, names) for k in range(len(words))]
    _check_order(words, atoms)
    _check_brackets(words)
    tree = _tree(words)
    if sum(isinstance(node, ast.expr) for node in ast.walk(tree)) > NODES:
        raise FormulaError(say("too many parts", most=NODES))
    return _build(tree, atoms)


def read_as(text: str, names: Collection[str] = ()) -> str:
    """Return a formula that :func:`parse` has read with its brackets where they matter, and no others.

    Sympy, which could print the expression, computes powers of numbers on the way.
    """
    words = _split(_plain(text, names))
    tree = _tree(words)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = words[int(node.id[1:])]
    return re.sub(r" (\*\*|[*/]) ", r"\1", ast.unparse(tree))


def _tree(words: list[str]) -> ast.expr:
    """Return the syntax tree of a formula."""
    # Whatever was typed, Python's parser gets to see numbered names, five signs and brackets.
    code = [f"n{k}" if WORD.match(word).lastgroup else word for k, word in enumerate(words)]
    return ast.parse(" ".join(code), mode="eval").body


def _plain(text: str, names: Collection[str]) -> str:
    """Return a text with the signs and letters of a keyboard, without the left side of an equation."""
    if not isinstance(text, str):
        raise FormulaError(f"A formula is a text in quotes, and this is of the type {type(text).__name__}.")
    if len(text) <= LENGTH:
        text = _from_latex(keyboard(text.strip().strip(QUOTES)).translate(KEYBOARD).strip())
        text = re.sub(r"\b(np|numpy|math|sympy|sp|torch)\.(?=[a-z])", "", text)
        if (left := LEFT_SIDE.match(text)) and left[1] in names:
            raise FormulaError(say("an equation", name=left[1]))
        text = re.sub(r"\)\s*\(", ")*(", LEFT_SIDE.sub("", text))
        # A value at the start as a text has it: v_0 or v(0) for v0.
        for name in names:
            if at := re.fullmatch(r"([^\W\d_]+)(\d)", name):
                text = re.sub(rf"\b{at[1]}(_{at[2]}\b|\(\s*{at[2]}\s*\))", name, text)
        # A voltage or a current that depends on time is the one of the question.
        depends = "|".join(re.escape(name) for name in names if name[0] in "vVuiI")
        text = re.sub(rf"\b({depends})\(t\)", r"\1", text) if depends else text
    if len(text) > LENGTH:
        raise FormulaError(say("too long a formula", most=LENGTH))
    if "..." in text:
        raise FormulaError(say("dots in a formula"))
    if not text:
        raise FormulaError(say("no formula"))
    return text


def _from_latex(text: str) -> str:
    """Return a text with what LaTeX and sympy write otherwise: indices, fractions, powers, an equation."""
    equation = re.fullmatch(r"Eq\((Derivative\(.*?, *\w+\)|[^,]*),(.*)\)", text)
    if equation:
        text = f"{'dv/dt' if equation[1].startswith('Derivative') else equation[1]} = {equation[2]}"
    text = re.sub(r"_\{\\(?:text|mathrm)\{(\w+)\}\}|_\\(?:text|mathrm)\{(\w+)\}|_\{(\w+)\}", lambda index: f"_{index[1] or index[2] or index[3]}", text)  # fmt: skip
    text = re.sub(r"\\(?:left|right)\b", "", re.sub(r"\\(?:cdot|times)\b\s*", "*", text))
    inner = r"\{([^{}]*)\}"
    for _ in range(DEPTH):
        text, more = re.subn(rf"\\frac\s*{inner}\s*{inner}", r"((\1)/(\2))", text)
        text, again = re.subn(rf"(?<=\*\*){inner}", r"(\1)", text)
        if not more + again:
            break
    return re.sub(r"\\(?=[A-Za-z])", "", text)


def _split(text: str) -> list[str]:
    """Return the numbers, names and signs of a formula, in order."""
    words, position = [], 0
    while position < len(text):
        found = WORD.match(text, position)
        if found is None:
            sign, comma = text[position], re.search("([0-9]{1,9}),([0-9]{1,9})", text)
            if sign == "," and comma:
                raise FormulaError(say("a comma", typed=comma[0], before=comma[1], after=comma[2]))
            seen = sign.isprintable() and sign != "`"
            shown = f"`{sign}`" if seen else say("a character", code=f"{ord(sign):04X}")
            raise FormulaError(say("a foreign sign", sign=shown, way_out=WAYS_OUT.get(sign, WAY_OUT)))
        words.append(found[0])
        position = found.end()
    return [word for word in words if not word.isspace()]


def _atom(words: list[str], k: int, names: Collection[str]) -> Any:
    """Return what a number or a name stands for: an expression or a function; None for a sign."""
    word = words[k]
    if WORD.match(word)["number"]:
        zero = not re.search("[1-9]", re.split("[eE]", word)[0])
        # Before Fraction, which would write out the zeros of 1e999999999 and of 0e999999999.
        if not (zero or 1 / LARGEST <= float(word) <= LARGEST):
            raise FormulaError(say("too large or too small", number=_short(word)))
        return sympy.Rational(*Fraction(0 if zero else word).as_integer_ratio())
    if not WORD.match(word)["name"]:
        return None
    meanings = CONSTANTS | FUNCTIONS | {name: sympy.Symbol(name) for name in names}
    if word not in meanings:
        before, after = "".join(words[max(k - 1, 0) : k]), "".join(words[k + 1 : k + 2])
        raise FormulaError(_explain_name(before, word, after, names))
    return meanings[word]


def _explain_name(before: str, word: str, after: str, names: Collection[str]) -> str:
    """Say that a name is unknown, and which one may have been meant."""
    for one, two in ((before, word), (word, after)):
        if f"{one}_{two}" in names:
            return say("a gap", one=one, two=two)
    factors = re.findall("|".join(sorted(map(re.escape, names), key=len, reverse=True)), word)
    if word == "".join(factors):
        return say("names in a row", names=_short(word), product=_short("*".join(factors)))
    case, known = (
        ("no function", FUNCTIONS) if after == "(" else ("no symbol" if names else "no symbols", names)
    )
    if re.fullmatch("C[0-9]+", word):
        return say("a constant of integration", name=word)
    meant = {name.lower(): name for name in (FUNCTIONS if after == "(" else names)}
    near = [name for name in names if len(word) > 1 and name.startswith(word)]
    if not near and len(word) > 1:
        near = [meant[name] for name in difflib.get_close_matches(word.lower(), meant, 1)]
    near = f" {say('did you mean', names=' or '.join(f'`{name}`' for name in near))}" if near else ""
    return say(case, name=_short(word), near=near, known=", ".join(f"`{name}`" for name in known))


def _check_order(words: list[str], atoms: list) -> None:
    """Refuse two values side by side, a sign without a value, and a function without brackets."""
    for k, (before, after) in enumerate(zip(["", *words], [*words, ""], strict=True)):
        atom = atoms[k - 1] if k else None
        if atom is not None and not isinstance(atom, sympy.Expr):
            if after != "(":
                raise FormulaError(say("a function without brackets", name=before))
            continue
        ends, starts = atom is not None or before == ")", after == "(" or (after and atoms[k] is not None)
        if ends and starts:
            one, two = (
                "(...)" if before == ")" else _short(before),
                "(...)" if after == "(" else _short(after),
            )
            raise FormulaError(say("a missing sign", one=one, two=two))
        if not ends and after in ("*", "/", "**", ")", ""):
            where = "between" if before and after else "after" if before else "before"
            signs = {"before": before.replace("**", "^"), "after": after.replace("**", "^")}
            raise FormulaError(say(f"a missing value {where}", **signs))


def _check_brackets(words: list[str]) -> None:
    """Refuse brackets that do not match, and too many inside each other."""
    opened = []
    for k, word in enumerate(words):
        if word == "(":
            opened.append(k)
        elif word == ")" and not opened:
            raise FormulaError(say("a bracket closes nothing", before=_short("".join(words[:k]), -20)))
        elif word == ")":
            opened.pop()
        if len(opened) > DEPTH:
            raise FormulaError(say("too deep", most=DEPTH))
    if opened:
        inside = _short("".join(words[opened[-1] + 1 :]))
        raise FormulaError(say("a bracket never closed", inside=inside))


def _build(node: ast.AST, atoms: list) -> sympy.Expr:
    """Return the expression of a syntax tree whose names count the atoms."""
    match node:
        case ast.Name(id=name):
            return atoms[int(name[1:])]
        case ast.UnaryOp(op=ast.UAdd(), operand=x):
            return _build(x, atoms)
        case ast.UnaryOp(op=ast.USub(), operand=x):
            x = _build(x, atoms)
            return -x if x.is_Number else sympy.Mul(-1, x, evaluate=False)
        case ast.BinOp(left=x, op=sign, right=y) if type(sign) in OPERATIONS:
            return OPERATIONS[type(sign)](_build(x, atoms), _build(y, atoms))
        case ast.Call(func=ast.Name(id=name), args=[x], keywords=[]):
            return atoms[int(name[1:])](_build(x, atoms), evaluate=False)
    raise FormulaError(f"This formula is not understood. {WAY_OUT}.")


def _power(x: sympy.Expr, y: sympy.Expr) -> sympy.Expr:
    # Sympy leaves a power of e as it is, so that one may be large: e^(-200).
    if x is sympy.E:
        return sympy.exp(y, evaluate=False)
    if not y.free_symbols and not abs(evaluate(y, {})) <= EXPONENT:
        raise FormulaError(say("too large an exponent", most=EXPONENT))
    return sympy.Pow(x, y, evaluate=False)


OPERATIONS = {
    ast.Add: lambda x, y: sympy.Add(x, y, evaluate=False),
    ast.Sub: lambda x, y: sympy.Add(x, sympy.Mul(-1, y, evaluate=False), evaluate=False),
    ast.Mult: lambda x, y: sympy.Mul(x, y, evaluate=False),
    ast.Div: lambda x, y: sympy.Mul(x, sympy.Pow(y, -1, evaluate=False), evaluate=False),
    ast.Pow: _power,
}


def _short(text: str, length: int = 20) -> str:
    """Return the beginning of a text, or its end for a negative length."""
    if len(text) <= abs(length):
        return text
    return f"{text[:length]}…" if length > 0 else f"…{text[length:]}"


# -- From an expression to a number ----------------------------------------------------------------

# Of its own, so that nobody else's precision changes.
MP = mpmath.MPContext()
MP.dps = 50
BITS = 10_000  # above 2^BITS a number explodes: even its sine would take long

NUMERIC = "exp log sin cos tan cot sec csc asin acos atan acot erf erfc sign re im"
NUMERIC += " sinh cosh tanh coth sech csch asinh acosh atanh"
NUMERIC = {name: getattr(MP, name) for name in NUMERIC.split()}
NUMERIC |= {"Abs": MP.fabs, "conjugate": MP.conj, "Min": min, "Max": max}
NUMERIC |= {"Add": lambda *x: MP.fsum(x), "Mul": lambda *x: MP.fprod(x)}
# Mpmath multiplies once for each bit of a whole exponent, and every large number is a whole one.
NUMERIC["Pow"] = lambda x, y: MP.exp(y * MP.log(x)) if MP.mag(y) > 64 else MP.power(x, y)
NUMERIC["Heaviside"] = lambda x, at_0: MP.mpf(x > 0) if x else at_0
COMPARED = {"==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le}
COMPARED |= {">": operator.gt, ">=": operator.ge}


def evaluate(expression: sympy.Expr, point: Mapping[str, float]) -> mpmath.mpf | mpmath.mpc:
    """Return the number that an expression is at a point, to some 50 digits.

    Symbols are known by their names, so that those with assumptions have the same value.

    Args:
        expression: of any form; a few hundred parts take milliseconds.
        point: name of a symbol -> its value.

    Raises:
        FormulaError: if it is no finite number there, or holds something that has to be computed first.
    """
    where = ", ".join(f"{name} = {x:.4g}" for name, x in point.items())
    try:
        number = _number(expression, point)
    except FormulaError:
        raise
    except (ArithmeticError, TypeError, ValueError) as error:
        raise FormulaError(say("no value there" if where else "no value", where=where)) from error
    return number


def _number(x: sympy.Basic, point: Mapping[str, float]) -> Any:
    """Return the number at a point of an expression, and the truth of a condition."""
    if isinstance(x, sympy.Symbol):
        return MP.mpf(point[x.name])
    if x is sympy.I:
        return MP.j
    if isinstance(x, (sympy.Number, sympy.NumberSymbol)) and x.is_finite:
        number = MP.convert(x.n(MP.dps + 5))
    elif isinstance(x, sympy.Piecewise):
        branches = (branch for branch, condition in x.args if _number(condition, point))
        number = _number(next(branches, sympy.nan), point)
    elif isinstance(x, Relational):
        return COMPARED[x.rel_op](*(_number(side, point) for side in x.args))
    elif isinstance(x, sympy.logic.boolalg.Boolean):
        return bool(x.func(*(_number(part, point) for part in x.args)))
    elif type(x).__name__ in NUMERIC:
        number = NUMERIC[type(x).__name__](*[_number(part, point) for part in x.args])
    elif isinstance(x, (sympy.Number, sympy.core.numbers.ComplexInfinity)):
        raise ZeroDivisionError
    else:
        raise FormulaError(
            f"`{_short(str(x), 40)}` still stands in the formula. Put in what it is; `.doit()` computes an integral or a slope."
        )
    if not MP.isfinite(number):
        raise ZeroDivisionError
    if number and abs(MP.mag(number)) > BITS:
        raise FormulaError(say("it explodes"))
    return number
