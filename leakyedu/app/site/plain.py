"""Functions of plain numbers, written out as data: a page computes with them as Python does, running no text.

What is written out, each as a list that begins with its name:

===========================================  ======================================================
statements
===========================================  ======================================================
``["let", names, x]``                        one name, or several that share a tuple
``["if", x, statements, statements]``
``["for", names, x, statements]``
``["return", x]``
===========================================  ======================================================

===========================================  ======================================================
values
===========================================  ======================================================
a number                                     itself
``["name", name]``
``["tuple", x, ...]``
``["item", x, n]``                           ``x[n]``
``[sign, x, ...]``                           a sign of one or two values, ``"and"``, ``"or"``
``["choose", test, x, y]``                   ``x if test else y``
``["each", x, names, y]``                    x for each of y
``["call", name, x, ...]``                   a function of Python, of ``math``, or one that is used
===========================================  ======================================================

Names that stand for plain numbers where the function was written are these numbers.
"""

import ast
import inspect
import math
import textwrap
from collections.abc import Callable
from typing import Any

SIGNS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.USub: "negative",
    ast.Not: "not", ast.And: "and", ast.Or: "or", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip
NAMED = {"rel_tol", "ndigits"}  # arguments that may be named: the ones that come next
KNOWN = {"abs", "min", "max", "round", "float", "range", "sum"}
OF_MATH = {"exp", "sqrt", "atan", "degrees", "isclose"}


def written_out(function: Callable) -> dict[str, Any]:
    """Return a function of plain numbers as JSON can write it.

    Args:
        function: of Python, whose source is known.

    Returns:
        ``arguments``, ``defaults`` of the last of them, ``body``, and ``uses``: other functions by name.

    Raises:
        ValueError: if it is made of something that the module's table does not name.
    """
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    uses: dict[str, Any] = {}
    write = _Writer(function, uses)
    body = [write.statement(line) for line in tree.body if not _is_words(line)]
    return {
        "arguments": [argument.arg for argument in tree.args.args],
        "defaults": list(function.__defaults__ or ()),
        "body": body,
        "uses": uses,
    }


def _is_words(line: ast.stmt) -> bool:
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)


class _Writer:
    """Writes out the parts of one function."""

    def __init__(self, function: Callable, uses: dict[str, Any]) -> None:
        self.function, self.uses = function, uses
        self.own = set(function.__code__.co_varnames) | set(function.__code__.co_cellvars)

    def statement(self, line: ast.stmt) -> list:
        """Write out one line, with those that belong to it."""
        match line:
            case ast.Return(value=ast.expr() as x):
                return ["return", self.value(x)]
            case ast.Assign(targets=[to], value=x):
                return ["let", self.names(to), self.value(x)]
            case ast.If(test=test, body=then, orelse=other):
                return ["if", self.value(test), [*map(self.statement, then)], [*map(self.statement, other)]]
            case ast.For(target=to, iter=x, body=body, orelse=[]):
                return ["for", self.names(to), self.value(x), [*map(self.statement, body)]]
        raise self.cannot(line)

    def names(self, to: ast.expr) -> list[str]:
        """Return the names that get a value."""
        parts = to.elts if isinstance(to, ast.Tuple) else [to]
        if not all(isinstance(part, ast.Name) for part in parts):
            raise self.cannot(to)
        return [part.id for part in parts]

    def value(self, x: ast.expr) -> Any:
        """Write out a value."""
        match x:
            case ast.Constant(value=int() | float() as number):
                return number
            case ast.Name(id=name):
                return (
                    ["name", name] if name in self.own else self.plain(self.function.__globals__.get(name), x)
                )
            case ast.Subscript(value=of, slice=ast.Constant(value=int() as place)):
                return ["item", self.value(of), place]
            case ast.Tuple(elts=parts):
                return ["tuple", *map(self.value, parts)]
            case ast.BinOp(left=one, op=sign, right=other) if type(sign) in SIGNS:
                return [SIGNS[type(sign)], self.value(one), self.value(other)]
            case ast.UnaryOp(op=sign, operand=one) if type(sign) in SIGNS:
                return [SIGNS[type(sign)], self.value(one)]
            case ast.BoolOp(op=sign, values=parts):
                return [SIGNS[type(sign)], *map(self.value, parts)]
            case ast.Compare(left=one, ops=[sign], comparators=[other]) if type(sign) in SIGNS:
                return [SIGNS[type(sign)], self.value(one), self.value(other)]
            case ast.IfExp(test=test, body=one, orelse=other):
                return ["choose", *map(self.value, (test, one, other))]
            case ast.GeneratorExp(elt=each, generators=[ast.comprehension(target=to, iter=of, ifs=[])]):
                inside = {name.id for name in ast.walk(to) if isinstance(name, ast.Name)}
                self.own |= inside
                return ["each", self.value(each), self.names(to), self.value(of)]
            case ast.Call(func=called, args=given, keywords=named) if {x.arg for x in named} <= NAMED:
                return [
                    "call",
                    self.called(called),
                    *map(self.value, given),
                    *(self.value(one.value) for one in named),
                ]
            case ast.Attribute(value=ast.Name(id="math"), attr="pi"):
                return math.pi
        raise self.cannot(x)

    def called(self, called: ast.expr) -> str:
        """Return the name of a function that is called, and write it out if it is one of ours."""
        match called:
            case ast.Attribute(value=ast.Name(id="math"), attr=name) if name in OF_MATH:
                return name
            case ast.Name(id=name) if name in KNOWN:
                return name
            case ast.Name(id=name) if inspect.isfunction(other := self.function.__globals__.get(name)):
                self.uses[name] = written_out(other)
                return name
        raise self.cannot(called)

    def plain(self, known: Any, x: ast.expr) -> Any:
        """Return what a name of the module stands for, if that is made of numbers."""
        if isinstance(known, tuple):
            return ["tuple", *(self.plain(part, x) for part in known)]
        if isinstance(known, (int, float)):
            return known
        raise self.cannot(x)

    def cannot(self, part: ast.AST) -> ValueError:
        """Return an error that names what cannot be written out."""
        return ValueError(
            f"`{self.function.__name__}` cannot be written out for a page: `{ast.unparse(part)}` is no part "
            "of plain arithmetic. leakyedu.app.site.plain names what is."
        )
