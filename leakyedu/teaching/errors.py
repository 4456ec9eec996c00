"""An error of this package in a cell: its sentence below the learner's own line, without our lines between.

``%tb`` shows all of them.
"""

import sys
from pathlib import Path
from types import TracebackType

from IPython import get_ipython

_PACKAGE = f"{Path(__file__).parents[1].as_posix()}/"


def below_our_lines(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback without the frames at its end that are ours; as it is, if it ends elsewhere."""
    frames = []
    while trace is not None:
        frames.append(trace)
        trace = trace.tb_next
    while len(frames) > 1 and Path(frames[-1].tb_frame.f_code.co_filename).as_posix().startswith(_PACKAGE):
        frames.pop()
    shorter = None
    for frame in reversed(frames):
        shorter = TracebackType(shorter, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return shorter


def _show(shell, kind, error, trace, tb_offset=None) -> None:
    shell.showtraceback((kind, error, below_our_lines(trace)), tb_offset=tb_offset)
    sys.last_traceback = trace  # for %tb


def hide_our_lines() -> None:
    """Do so from now on in the kernel that runs this, unless somebody has a way of his own."""
    shell = get_ipython()
    if shell is not None and not getattr(shell, "custom_exceptions", True):
        shell.set_custom_exc((ValueError, TypeError), _show)
