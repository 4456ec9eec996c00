"""Benchmarks: each compares two things in one run and reports their ratio beside a bar.

``python -m tests.benchmarks`` runs all of them; see ``__main__``. A benchmark is one file here with a
function ``rows()``; its name on the command line is the beginning of the file's name.
"""

import operator
from typing import NamedTuple

_HOLDS = {"<=": operator.le, ">=": operator.ge}


class Row(NamedTuple):
    """One line of the table.

    Attributes:
        name: what is measured against what.
        figure: the ratio, or another number whose unit is in the name.
        bar: what it must be, ``"<= 1.05"`` or ``">= 25"``; empty where a figure only informs.
    """

    name: str
    figure: float
    bar: str = ""

    @property
    def holds(self) -> bool:
        """Whether the figure is within its bar."""
        if not self.bar:
            return True
        sign, limit = self.bar.split()
        return bool(_HOLDS[sign](self.figure, float(limit)))
