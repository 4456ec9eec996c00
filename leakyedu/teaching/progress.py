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
``answer``      the last right answer, as it is typed into a field
``mistakes``    the mistakes that a check has named: their keys, and how often
==============  ===================================================================

Each change reads the file anew, under a lock, and puts a whole new file in its place: a kernel that is
killed leaves the old one, and two kernels lose nothing of each other. Where that cannot be done the
record is kept in memory, and :func:`news` says why. Nobody else can read the file, or hold its lock.
"""

import base64
import contextlib
import errno
import itertools
import json
import os
import re
import stat
import sys
import threading
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

from leakyedu.teaching.whole_file import left_over, patiently, whole_file

SCHEMA = 1
MARK = f"leakyedu{SCHEMA}:"  # what an exported line begins with
MOST = 1_000_000  # bytes of records that an exported line may hold; a whole course has some 10,000
MOST_RECORDS = 400  # that a line may bring the records to; a whole course has some 150
MOST_BROKEN = 9  # files that could not be read and are kept beside
MOST_COUNTED = 999_999
MOST_MISTAKES = 60  # of one exercise; the one with most has 46
LONGEST = 200  # characters of an answer
NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP}  # as on some network drives
KEY = re.compile(r"[a-z]\w{0,99}(\.\w{1,100}){1,2}", re.ASCII)
MISTAKE = re.compile(r"\w[\w ]{0,59}", re.ASCII)
PATIENCE = 2.0  # in second, for another kernel to let go of the lock; it holds it for some milliseconds
Records = dict[str, dict]
Known = Mapping[str, Collection[str]]  # what a course asks for: a key -> the keys of its mistakes


def _is_count(x: object) -> bool:
    return type(x) is int and 0 <= x <= MOST_COUNTED


def _is_day(x: object) -> bool:
    try:
        return isinstance(x, str) and date.fromisoformat(x).isoformat() == x
    except ValueError:
        return False


def _is_flag(x: object) -> bool:
    return type(x) is bool


def _is_number(x: object) -> bool:
    return type(x) in (int, float) and abs(x) <= sys.float_info.max  # so not NaN


def _is_prediction(x: object) -> bool:
    if isinstance(x, list):
        pairs = [pair if isinstance(pair, list) else [pair] for pair in x]
        return len(x) <= 20 and all(1 <= len(pair) <= 2 and all(map(_is_number, pair)) for pair in pairs)
    return _is_number(x) or (_is_answer(x) and len(x) <= 100)


def _is_answer(x: object) -> bool:
    return isinstance(x, str) and len(x) <= LONGEST and x.isprintable()


def _are_mistakes(x: object) -> bool:
    return (
        isinstance(x, dict)
        and len(x) <= MOST_MISTAKES
        and all(MISTAKE.fullmatch(name) and _is_count(times) for name, times in x.items())
    )


FIELDS: dict[str, Callable[[object], bool]] = {
    "prediction": _is_prediction,
    "after": lambda x: x is None or _is_prediction(x),
    "seen": _is_flag,
    "tries": _is_count,
    "hints": _is_count,
    "solution": _is_flag,
    "passed": _is_day,
    "answer": _is_answer,
    "mistakes": _are_mistakes,
}

# One lock for the threads of this kernel: JupyterLab serves buttons beside the cell that runs.
_threads = threading.RLock()
_memory: Records = {}
_news: list[str] = []  # what the learner has not been told yet
_why_in_memory = ""  # the reason that he has been told, as long as it holds


def home() -> Path:
    """Return the folder of the file."""
    if chosen := os.environ.get("LEAKYEDU_HOME"):
        return Path(chosen).expanduser()
    if sys.platform == "darwin":
        # From platformdirs 4.6 on, XDG_DATA_HOME would move what a learner has kept.
        return Path.home() / "Library/Application Support/leakyedu"
    return platformdirs.user_data_path("leakyedu", appauthor=False)


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
        return merged(found, _memory)


def record(key: str) -> dict:
    """Return one record, empty if there is none."""
    return records().get(key, {})


def change(key: str, how: Callable[[dict], None]) -> None:
    """Let ``how`` change a record in place, and keep it. Never raises for want of a place to keep it.

    Args:
        key: the lesson's name, a dot, the exercise's name.
        how: gets the record as it is now in the file, which another kernel may have changed.

    Raises:
        ValueError: if the file could not be read with such a key or with what ``how`` leaves.
    """

    def changed(kept: Records) -> None:
        mine = dict(kept.get(key, {}))
        how(mine)
        for name in {"tries", "hints"} & mine.keys():
            mine[name] = min(mine[name], MOST_COUNTED)
        if "mistakes" in mine:
            mine["mistakes"] = {name: min(times, MOST_COUNTED) for name, times in mine["mistakes"].items()}
        if not _is_record(key, mine):
            raise ValueError(
                f"A record has a key such as 'lesson.exercise' and fields such as tries=1, got {key!r}: "
                f"{mine!r}. The module's docstring names the fields."
            )
        kept[key] = mine

    with _threads:
        if not _kept(changed):
            _memory[key] = record(key)
            changed(_memory)


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


def restore(text: str, known: Known | None = None) -> int:
    """Add what :func:`export` returned elsewhere to the records here.

    Of a line that brings more than any course has, what is too much is left out: anybody may have
    written it.

    Args:
        text, known: as for :func:`read`.

    Returns:
        How many records it brought.

    Raises:
        ValueError: if the text is none of these or is damaged; nothing is changed then.
    """
    theirs = read(text, known)

    def joined(kept: Records) -> None:
        new = [key for key in theirs if key not in kept]
        for key in new[max(0, MOST_RECORDS - len(kept)) :]:
            del theirs[key]
        kept.update(merged(theirs, kept))

    with _threads:
        if not _kept(joined):
            both = records()
            joined(both)
            _memory.update(both)
    return len(theirs)


def read(text: str, known: Known | None = None) -> Records:
    """Return the records in what :func:`export` returned, or in what a progress file holds.

    Args:
        text: the line, with line breaks perhaps where a mail program has put them, or the file's content.
        known: what a course asks for, if all else shall be left out.

    Raises:
        ValueError: if the text is none of these or is damaged.
    """
    try:
        if len(text) > MOST:
            raise ValueError("more than any course has")
        theirs, _ = _understood(text.encode() if text.lstrip().startswith("{") else _unpacked(text))
    except (ValueError, NotImplementedError, zlib.error):
        raise ValueError(
            f'This is no progress that can be read: it begins with "{MARK}" and must be whole.'
        ) from None
    return {
        key: fields
        for key, record in theirs.items()
        if (known is None or key in known)
        and (fields := {name: record[name] for name in FIELDS if name in record})
        and (known is None or _known_alone(fields, known[key]))
    }


def _unpacked(line: str) -> bytes:
    """Return the bytes that a line holds; one of a few letters may be made to unpack into all of the memory."""
    line = "".join(line.split())
    if not line.startswith(MARK):
        raise ValueError
    unpacking = zlib.decompressobj()
    data = unpacking.decompress(base64.b64decode(line[len(MARK) :], altchars=b"-_", validate=True), MOST)
    if not unpacking.eof or unpacking.unused_data:
        raise ValueError
    return data


def _known_alone(fields: dict, mistakes: Collection[str]) -> bool:
    """Leave out mistakes that an exercise has not; tell whether anything is left of its record."""
    if named := {name: times for name, times in fields.pop("mistakes", {}).items() if name in mistakes}:
        fields["mistakes"] = named
    return bool(fields)


def merged(old: Records, new: Records) -> Records:
    """Return the records of both. Where both have one, counts are the larger and days the earlier ones.

    Of two predictions with what was changed later, the new one is kept.
    """
    both = {key: dict(record) for key, record in old.items()}
    better = {"tries": max, "hints": max, "passed": min, "mistakes": _larger}
    for key, theirs in new.items():
        mine = both.setdefault(key, {})
        if {"prediction", "after"} & theirs.keys():
            mine.pop("prediction", None), mine.pop("after", None)
        for name, value in theirs.items():
            mine[name] = better[name](value, mine.get(name, value)) if name in better else value
    return both


def _larger(new: dict[str, int], old: dict[str, int]) -> dict[str, int]:
    """Return the larger of two counts of each mistake; those of the old ones that are too many are left out."""
    both = {name: max(times, old.get(name, 0)) for name, times in new.items()}
    return dict([*both.items(), *((name, old[name]) for name in old if name not in both)][:MOST_MISTAKES])


def _kept(how: Callable[[Records], None]) -> bool:
    """Change the records in the file; tell whether that could be done."""
    try:
        _close_to_others()
        with _locked():
            found, broken = _load()
            if broken is not None:
                _put_beside(broken, found)
            kept = merged(found, _memory)
            how(kept)
            _write(kept)
    except (OSError, RuntimeError) as error:  # RuntimeError: there may be no home at all
        _explain(error)
        return False
    _explain(None)
    _memory.clear()
    return True


def _folder() -> Path:
    """Return the folder of the file, or say that something else has its name."""
    folder = home()
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(
            f"{'LEAKYEDU_HOME' if os.environ.get('LEAKYEDU_HOME') else folder.name} is no folder"
        )
    return folder


def _file(name: str) -> Path:
    """Return the path of a file, or say that something else has it: a pipe would hold up who opens it."""
    path = _folder() / name
    if path.exists() and not path.is_file():
        raise OSError(f"{name} is no file")
    return path


def _close_to_others() -> None:
    """Make the folder, and take from others what an earlier version left open to them.

    A folder that ``LEAKYEDU_HOME`` names may be there for other things, too: it stays as it is, and what
    lies in it is closed all the same.
    """
    folder = _folder()
    folder.mkdir(0o700, parents=True, exist_ok=True)
    ours = [] if os.environ.get("LEAKYEDU_HOME") else [folder]
    for path in itertools.chain(
        ours, *map(folder.glob, ("progress.json", "progress.lock", "progress.broken-*.json"))
    ):
        with contextlib.suppress(OSError):  # it is somebody else's, or the drive keeps no permissions
            mode = path.lstat().st_mode
            if mode & 0o077 and (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                path.chmod(stat.S_IMODE(mode) & ~0o077)


@contextlib.contextmanager
def _locked() -> Iterator[None]:
    """Hold the file's lock, which the system lets go of when a kernel is killed."""
    # A soft lock would outlive a killed kernel.
    lock = FileLock(_file("progress.lock"), mode=0o600, fallback_to_soft=False)
    try:
        lock.acquire(PATIENCE, poll_interval=0.01)
    except Timeout:
        raise TimeoutError("another kernel holds its file") from None
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        # Two kernels may lose something of each other; without a file all would be lost.
    try:
        yield
    finally:
        lock.release()


def _load() -> tuple[Records, bytes | None]:
    """Return the records in the file; and its bytes, if some of them cannot be understood."""
    try:
        data = patiently(_file("progress.json").read_bytes)
    except FileNotFoundError:
        return {}, None
    try:
        found, whole = _understood(data)
    except ValueError:
        found, whole = {}, False
    return found, None if whole else data


def _put_beside(data: bytes, found: Records) -> None:
    """Keep the bytes of a file of which some cannot be understood: it will be written anew."""
    names = [home() / f"progress.broken-{n}.json" for n in range(1, MOST_BROKEN + 1)]
    beside = next((path for path in names if not path.exists()), names[-1])  # the first ones hold most
    with whole_file(beside, 0o600) as file:
        file.write(data)
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
    good = {key: record for key, record in found.items() if _is_record(key, record)}
    return {key: record for key, record in good.items() if record}, len(good) == len(found)


def _is_record(key: str, x: object) -> bool:
    return (
        KEY.fullmatch(key) is not None
        and isinstance(x, dict)
        and all(fits(x[name]) for name, fits in FIELDS.items() if name in x)
    )


def _write(kept: Records) -> None:
    """Put a whole new file in place of the old one."""
    path = _file("progress.json").resolve()  # a link stays one
    for part in left_over(path):  # of a kernel that was killed: we hold the lock
        part.unlink(missing_ok=True)
    with whole_file(path, 0o600, text=True, encoding="utf-8") as file:
        json.dump({"schema": SCHEMA, "records": kept}, file, indent=1)


def _explain(error: Exception | None) -> None:
    """Keep for :func:`news` why there is no file, if that is new."""
    global _why_in_memory
    reason = error and (getattr(error, "strerror", None) or str(error).rstrip("."))
    if reason and not _why_in_memory:
        _news.append(
            f"Your progress is kept in this kernel only and ends with it ({reason}); the lesson goes on."
        )
    _why_in_memory = reason or ""
