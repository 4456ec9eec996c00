"""The controls of a lab as the browser's own elements, which have names, keys and a theme.

The slider of ipywidgets has no accessible name, and its menu a black arrow on a dark page.
"""

from pathlib import Path

import traitlets
from anywidget import AnyWidget

_HERE = Path(__file__).parent


class Number(AnyWidget):
    """A field and a slider that hold one number.

    Attributes:
        label: its name, with its unit.
        low, high, step: what it may be.
        plays: whether buttons move it on by itself.
        value: what it is.
    """

    _esm = _HERE / "number.js"
    _css = _HERE / "controls.css"
    label = traitlets.Unicode().tag(sync=True)
    low = traitlets.Float().tag(sync=True)
    high = traitlets.Float().tag(sync=True)
    step = traitlets.Float().tag(sync=True)
    plays = traitlets.Bool().tag(sync=True)
    value = traitlets.Float().tag(sync=True)

    @traitlets.validate("value")
    def _within(self, proposal: dict) -> float:
        """Keep a number within its bounds, and 3.75 from being 3.7500000000000004."""
        return min(self.high, max(self.low, round(proposal["value"], 9)))


class Choice(AnyWidget):
    """A menu.

    Attributes:
        label: its name.
        options: the words to choose from.
        value: the one that is chosen.
    """

    _esm = _HERE / "choice.js"
    _css = _HERE / "controls.css"
    label = traitlets.Unicode().tag(sync=True)
    options = traitlets.List(traitlets.Unicode()).tag(sync=True)
    value = traitlets.Unicode().tag(sync=True)

    @traitlets.validate("value")
    def _one_of_them(self, proposal: dict) -> str:
        """Keep what is no option out."""
        return proposal["value"] if proposal["value"] in self.options else self.value


class Presets(AnyWidget):
    """A row of buttons, one of them pressed, and what is said of it. A press is a message, ``{"chosen": n}``.

    Attributes:
        names: the words on the buttons.
        says: a sentence for each.
        chosen: number of the one that is pressed, from 0 on.
    """

    _esm = _HERE / "presets.js"
    _css = _HERE / "controls.css"
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    says = traitlets.List(traitlets.Unicode()).tag(sync=True)
    chosen = traitlets.Int().tag(sync=True)
