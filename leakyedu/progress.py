"""What a learner has done, kept in one file outside of the course and never sent anywhere.

The file is ``progress.json`` in ``LEAKYEDU_HOME`` or, without that, where the platform keeps data. It maps
a key such as ``"one_euler_step.peak_time"`` to a record:

==============  ===================================================================
``prediction``  what was predicted before the answer was shown: a number, a letter,
                or numbers
``after``       what was predicted after it
``seen``        whether the answer was shown
``tries``       how often an answer was checked
``hints``       how many of the hints were read
``solution``    whether the solution was read
``passed``      the day of the first right answer
==============  ===================================================================

Each change reads the file anew, under a lock, and puts a whole new file in its place: a kernel that is
killed leaves the old one, and two kernels lose nothing of each other. Where that cannot be done the
record is kept in memory, and :func:`news` says why.
"""

import base64
import contextlib
import errno
import json
import os
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import NoneType

SCHEMA = 1
MARK = f"leakyedu{SCHEMA}:"  # what an exported line begins with
MOST = 1_000_000  # bytes of records that an exported line may hold; a whole course has some 10,000
BUSY = {errno.EAGAIN, errno.EACCES, errno.EDEADLK}
NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP}  # as on some network drives
MOST_RECORDS = 1000  # a whole course has some 150
FIELDS = {
    "prediction": (int, float, str, list),
    "after": (int, float, str, list, NoneType),
    "seen": bool,
    "tries": int,
    "hints": int,
    "solution": bool,
    "passed": str,
}
PATIENCE = 2.0  # in second, for another kernel to let go of the lock; it holds it for some milliseconds
Records = dict[str, dict]

# One lock for the threads of this kernel: JupyterLab serves buttons beside the cell that runs.
_threads = threading.RLock()
_memory: Records = {}
_news: list[str] = []  # what the learner has not been told yet
_why_in_memory = ""  # the reason that he has been told, as long as it holds


def home() -> Path:
    """Return the folder of the file."""
    if chosen := os.environ.get("LEAKYEDU_HOME"):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library/Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    return base / "leakyedu"


def records() -> Records:
    """Return all records."""
    with _threads:
        try:
            found, broken = _load()
        except (OSError, RuntimeError) as error:
            _explain(error)
            found, broken = {}, None
        if broken is not None:
            _kept(lambda _: None)
        return _merged(found, _memory)


def record(key: str) -> dict:
    """Return one record, empty if there is none."""
    return records().get(key, {})


def change(key: str, how: Callable[[dict], None]) -> None:
    """Let ``how`` change a record in place, and keep it. Never raises for want of a place to keep it.

    Args:
        key: the lesson's name, a dot, the exercise's name.
        how: gets the record as it is now in the file, which another kernel may have changed.
    """
    with _threads:
        if not _kept(lambda kept: how(kept.setdefault(key, {}))):
            how(_memory.setdefault(key, record(key)))


def forget(lesson: str) -> int:
    """Forget what was done in a lesson, to begin it anew; return how many records that were.

    Args:
        lesson: its name, for example ``"one_euler_step"``.
    """
    with _threads:
        before = records()

        def drop(kept: Records) -> None:
            for key in before:
                if key.partition(".")[0] == lesson:
                    kept.pop(key, None)

        if not _kept(drop):
            drop(_memory)
        return len(before) - len(records())


def news() -> str:
    """Return, once, why records could not be read or are kept in memory alone; nothing if all is well."""
    with _threads:
        said = " ".join(_news)
        _news.clear()
    return said


def export() -> str:
    """Return all records as one line of text, for another machine."""
    data = json.dumps({"schema": SCHEMA, "records": records()}, separators=(",", ":")).encode()
    return MARK + base64.urlsafe_b64encode(zlib.compress(data, 9)).decode("ascii")


def restore(text: str) -> int:
    """Add what :func:`export` returned elsewhere to the records here.

    Args:
        text: the line, with line breaks perhaps where a mail program has put them.

    Returns:
        How many records it held.

    Raises:
        ValueError: if the text is none of these or is damaged; nothing is changed then.
    """
    text = "".join(text.split())
    try:
        if not text.startswith(MARK):
            raise ValueError
        # A line of a few letters may be made to unpack into all of the memory.
        unpacking = zlib.decompressobj()
        data = unpacking.decompress(base64.b64decode(text[len(MARK) :], altchars=b"-_", validate=True), MOST)
        if not unpacking.eof or unpacking.unused_data:
            raise ValueError
        theirs, _ = _understood(data)
    except (ValueError, NotImplementedError, zlib.error):
        raise ValueError(
            f'This is no progress that can be read: it begins with "{MARK}" and must be whole.'
        ) from None
    with _threads:
        if not _kept(lambda kept: kept.update(_merged(theirs, kept))):
            _memory.update(_merged(theirs, records()))
    return len(theirs)


def _merged(old: Records, new: Records) -> Records:
    """Return the records of both. Where both have one, counts are the larger and days the earlier ones.

    Of two predictions with what was changed later, the new one is kept.
    """
    both = {key: dict(record) for key, record in old.items()}
    for key, theirs in new.items():
        mine = both.setdefault(key, {})
        if {"prediction", "after"} & theirs.keys():
            mine.pop("prediction", None), mine.pop("after", None)
        for name, value in theirs.items():
            better = {"tries": max, "hints": max, "passed": min}.get(name)
            mine[name] = better(value, mine.get(name, value)) if better else value
    return both


def _kept(how: Callable[[Records], None]) -> bool:
    """Change the records in the file; tell whether that could be done."""
    try:
        home().mkdir(parents=True, exist_ok=True)
        with _locked():
            found, broken = _load()
            if broken is not None:
                _put_beside(broken, found)
            kept = _merged(found, _memory)
            how(kept)
            _write(kept)
    except (OSError, RuntimeError) as error:  # RuntimeError: there may be no home at all
        _explain(error)
        return False
    _explain(None)
    _memory.clear()
    return True


@contextlib.contextmanager
def _locked() -> Iterator[None]:
    """Hold the file's lock, which the system lets go of when a kernel is killed."""
    with open(home() / "progress.lock", "a+b") as file:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                _lock(file.fileno())
                break
            except OSError as error:
                if error.errno in NO_LOCKS:
                    break  # two kernels may lose something of each other; without a file all would be lost
                if error.errno not in BUSY:
                    raise
                if time.monotonic() > until:
                    raise TimeoutError("another kernel holds its file") from None
                time.sleep(0.01)
        yield  # closing the file lets go of the lock


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _load() -> tuple[Records, bytes | None]:
    """Return the records in the file; and its bytes, if some of them cannot be understood."""
    try:
        data = (home() / "progress.json").read_bytes()
    except FileNotFoundError:
        return {}, None
    try:
        found, whole = _understood(data)
    except ValueError:
        found, whole = {}, False
    return found, None if whole else data


def _put_beside(data: bytes, found: Records) -> None:
    """Keep the bytes of a file of which some cannot be understood: it will be written anew."""
    beside = next(b for n in range(1, 10_000) if not (b := home() / f"progress.broken-{n}.json").exists())
    beside.write_bytes(data)
    what = "Some of your progress" if found else "Your progress"
    _news.append(f"{what} could not be read and begins anew; the old file is kept as `{beside.name}`.")


def _understood(data: bytes) -> tuple[Records, bool]:
    """Return the records in a file's bytes, and whether these are all.

    Raises:
        ValueError: if they are no progress.
        NotImplementedError: if a newer version has written them.
    """
    try:
        content = json.loads(data)
    except RecursionError:
        raise ValueError("too deep") from None
    if not isinstance(content, dict) or not isinstance(content.get("schema"), int):
        raise ValueError("no schema")
    if content["schema"] > SCHEMA:
        raise NotImplementedError("a newer leakyedu has written it")
    if content["schema"] < SCHEMA:
        raise ValueError("a schema that never was")
    found = content.get("records")
    if not isinstance(found, dict):
        raise ValueError("no records")
    good = {key: record for key, record in list(found.items())[:MOST_RECORDS] if _is_record(record)}
    return good, len(good) == len(found)


def _is_record(x: object) -> bool:
    return isinstance(x, dict) and all(
        isinstance(x[name], kind) and (kind is not int or 0 <= x[name] < 1_000_000)
        for name, kind in FIELDS.items()
        if name in x
    )


def _write(kept: Records) -> None:
    """Put a whole new file in place of the old one."""
    path = (home() / "progress.json").resolve()  # a link stays one
    for old in path.parent.glob("progress-*.tmp"):  # of a kernel that was killed: we hold the lock
        old.unlink(missing_ok=True)
    descriptor, name = tempfile.mkstemp(prefix="progress-", suffix=".tmp", dir=path.parent)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump({"schema": SCHEMA, "records": kept}, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _explain(error: Exception | None) -> None:
    """Keep for :func:`news` why there is no file, if that is new."""
    global _why_in_memory
    reason = error and (getattr(error, "strerror", None) or str(error).rstrip("."))
    if reason and not _why_in_memory:
        _news.append(
            f"Your progress is kept in this kernel only and ends with it ({reason}); the lesson goes on."
        )
    _why_in_memory = reason or ""
