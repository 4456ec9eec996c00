"""What is alive below a cell, and what stays of it in the file.

A file is opened on a day on which no kernel runs, in a host that may know no widgets. So what a cell leaves
are two outputs of plain HTML: what was seen last, and a place that says how it comes to life again. The page
fills the place while a kernel answers, and no output needs the state of a widget to be seen.

Where a host shows each output on a page of its own, as VS Code and Colab do, a place cannot be filled from
outside: there the output is a view of the widget, with the same words beside it.
"""

import gc
import secrets
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import traitlets
from anywidget import AnyWidget
from IPython import get_ipython
from IPython.display import display, update_display

from leakyedu.teaching import errors, wall
from leakyedu.teaching.markup import element, inline, join, printable

_HERE = Path(__file__).parent
errors.hide_our_lines()

# The curve to draw stands in a file of its own, for pages that know no notebook.
SCRIPTS = [_HERE / name for name in ("curve.js", "live.js")]
STYLE = _HERE / "live.css"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


class Live(AnyWidget):
    """Words, pictures and controls of one output, drawn by the page in rows.

    The page sends one message at a time and waits until it is ``done``; of settings it sends the newest. So a
    press of *Reset* comes after what was moved before it, and the last move is never lost.

    Args:
        rows: what stands below each other, each of them a dictionary or a list of some side by side; ``live.js``
            says what they hold.
        respond: gets each message: ``{"settings": {...}}``, ``{"answer": text, "name": name}``,
            ``{"press": name}``, ``{"look": name}`` where words that are asked for anew are seen,
            ``{"place": [width, height, letter]}`` where a picture has another place, or ``{"keep": True}`` some time after the last one.
        kept: returns what shall stay in the file, by MIME type.
        asleep: what to do where no kernel answers; `code` stands in backticks.
        state: some of the attributes.

    Attributes:
        words: HTML by the name of its place.
        picture: HTML of the picture.
        settings, start: the value of each control, now and after *Reset*.
        typed: what stands in each field, or is chosen.
        off: names of the buttons that cannot be pressed.
        done: mark of the last message that was answered.
    """

    # Texts: of a file, anywidget would tell each panel that was ever shown, and so keep all of them.
    _esm = "\n".join(path.read_text(encoding="utf-8") for path in SCRIPTS)
    _css = STYLE.read_text(encoding="utf-8")
    rows = traitlets.List().tag(sync=True)
    place = traitlets.Unicode().tag(sync=True)
    asleep = traitlets.Unicode().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    picture = traitlets.Unicode().tag(sync=True)
    settings = traitlets.Dict().tag(sync=True)
    start = traitlets.Dict().tag(sync=True)
    typed = traitlets.Dict().tag(sync=True)
    off = traitlets.List(traitlets.Unicode()).tag(sync=True)
    done = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        *rows: dict | list[dict],
        respond: Callable[[dict], None],
        kept: Callable[[], dict[str, str]],
        asleep: str,
        **state: object,
    ) -> None:
        self._respond, self._kept, self._asleep = respond, kept, asleep
        self._lock, self._in_file = threading.RLock(), False
        place = f"leakyedu-{secrets.token_hex(8)}"
        super().__init__(rows=list(rows), place=place, asleep=inline(asleep), **state)
        self.on_msg(lambda _, message, __: self.receive(message))

    def receive(self, message: dict) -> None:
        """Answer a message of the page."""
        try:
            self._respond(message)
        finally:
            self.done = str(message.get("mark", ""))

    def say(self, **words: str) -> None:
        """Put other words in their places."""
        with self._lock:  # a measurement speaks from a thread of its own
            self.words = self.words | words

    def show(self, owner: object) -> None:
        """Display it below the cell, and close what an earlier run of this cell has left alive.

        Args:
            owner: the lab or the task; where a host does not name its cells, the earlier one of the same owner
                is closed.
        """
        _take_the_place_of_earlier(self, owner)
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        if wall.place() is not None:
            self.asleep = wall.AGAIN
            display({"text/plain": wall.AGAIN, WIDGET_VIEW: view}, raw=True)
            return
        kept, how = self._kept(), element("p", self.asleep)
        if has_a_page_per_output():
            kept["text/html"] = join(kept["text/html"], how)
            display(kept | {WIDGET_VIEW: view}, raw=True)
            return
        self._in_file = True
        display(self._wrapped(kept), raw=True, display_id=f"{self.place}-kept")
        place = element("div", how, id=self.place)
        display({"text/plain": printable(self._asleep), "text/html": place}, raw=True)

    def keep(self) -> None:
        """Put what is seen now into the file."""
        if self._in_file:
            update_display(self._wrapped(self._kept()), raw=True, display_id=f"{self.place}-kept")

    def _wrapped(self, kept: dict[str, str]) -> dict[str, str]:
        # The page takes these words away as long as it shows the same ones alive.
        return kept | {"text/html": element("div", kept["text/html"], id=f"{self.place}-kept")}


_alive: dict[object, tuple[object, list[Live]]] = {}


def _take_the_place_of_earlier(live: Live, owner: object) -> None:
    """Close what an earlier run of the cell, or else the same owner, has shown: each lab holds megabytes."""
    parent = getattr(get_ipython(), "get_parent", dict)() or {}
    cell = parent.get("metadata", {}).get("cellId", owner)
    run = parent.get("header", {}).get("msg_id")
    before, earlier = _alive.get(cell, (None, []))
    if before != run or run is None:
        drawn = any(each.picture for each in earlier)
        while earlier:
            _close(earlier.pop())
        if drawn:
            gc.collect()  # a figure is a circle of references, which Python would leave for long
    _alive[cell] = run, [*earlier, live]


def _close(live: Live) -> None:
    live.layout.close()  # a model of its own
    live.close()


def has_a_page_per_output() -> bool:
    """Tell whether the host shows each output on a page of its own, which no other can reach."""
    return "google.colab" in sys.modules or "__vsc_ipynb_file__" in getattr(get_ipython(), "user_ns", ())
