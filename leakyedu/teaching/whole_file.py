"""A file that is the old one or the new one at every moment, whoever is killed and whenever.

The new one is written beside the old one, where nobody else may read it, and takes its name in one step.
"""

import contextlib
import functools
import glob
import itertools
import os
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TypeVar

T = TypeVar("T")
DAY = 24 * 3600  # in second: no file takes so long to write
IN_USE = (5, 32)  # ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION
PATIENCE = 1.0  # in second


@contextlib.contextmanager
def whole_file(target: Path, permissions: int | None = None, *, text: bool = False, **how) -> Iterator[IO]:
    """Give a file to write to, which takes the place of ``target`` when it is on the disk as a whole.

    Where that fails, ``target`` is left as it was and nothing lies beside it. A link of that name is
    replaced; what it leads to is left alone.

    Args:
        target: where it shall be, in a folder that is there.
        permissions: of the new file, for example ``0o600``; without them those of the old one stay and,
            where there is none, it gets those of any new file.
        text: whether it takes words and not bytes.
        how: what else :func:`open` shall know, for example ``encoding``.
    """
    for part in left_over(target):
        with contextlib.suppress(OSError):  # another one is clearing up, too, or it is somebody else's
            if part.lstat().st_mtime < time.time() - DAY:
                part.unlink()
    if permissions is None:
        with contextlib.suppress(FileNotFoundError):
            permissions = stat.S_IMODE(target.stat().st_mode)
    part = target.with_name(f"{_beginning(target)}{secrets.token_hex(8)}.part")
    # Only the system knows what any new file gets: the umask, and the folder's own rules.
    opener = functools.partial(os.open, mode=0o666 if permissions is None else 0o600)
    try:
        with open(part, "x" if text else "xb", opener=opener, **how) as file:  # "x" follows no link
            if permissions is None:
                permissions = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            _permit(file, 0o600)
            yield file
            file.flush()
            _permit(file, permissions)
            os.fsync(file.fileno())
        patiently(os.replace, part, target)
    finally:
        part.unlink(missing_ok=True)


def patiently(do: Callable[..., T], *what: object) -> T:
    """Call a function again for a while, where Windows refuses it because a file is open elsewhere.

    There nobody can replace a file that a kernel reads, or a virus scanner, nor read one that is being
    replaced. Elsewhere both can be done, and a refusal is one.

    Args:
        do: works on the file.
        what: its arguments.
    """
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            return do(*what)
        except PermissionError as error:
            if getattr(error, "winerror", None) not in IN_USE or time.monotonic() > give_up:
                raise
        time.sleep(0.01)


def left_over(target: Path) -> Iterator[Path]:
    """Return what lies beside a file to take its place, of those who write now and who were killed."""
    return target.parent.glob(f"{glob.escape(_beginning(target))}{'[0-9a-f]' * 16}.part")


def _beginning(target: Path) -> str:
    return f".{target.name[:40]}."  # the whole of a long name would leave no room for more


def _permit(file: IO, permissions: int) -> None:
    # By its number where that can be done: something else may have its name by now.
    with contextlib.suppress(OSError):  # some drives, as a memory stick, keep none
        os.chmod(file.fileno() if os.chmod in os.supports_fd else file.name, permissions)


def beside(path: Path, word: str) -> Path:
    """Return the first free name among ``04_name_word.ipynb``, ``04_name_word_2.ipynb``, ..."""
    names = itertools.chain([word], (f"{word}_{n}" for n in itertools.count(2)))
    paths = (path.with_stem(f"{path.stem}_{name}") for name in names)
    return next(path for path in paths if not os.path.lexists(path))
