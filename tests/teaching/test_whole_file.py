"""A file is the old one or the new one at every moment, and nobody else reads it or leads it astray."""

import errno
import itertools
import os
import secrets
import stat
import sys
import time
from pathlib import Path

import pytest

from leakyedu.teaching.whole_file import DAY, left_over, whole_file

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX: permission bits")


@pytest.fixture
def target(tmp_path):
    return tmp_path / "lesson.ipynb"


def mode(path: Path | int) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def write(target: Path, content: bytes = b"new", permissions: int | None = None) -> None:
    with whole_file(target, permissions) as file:
        file.write(content)


@posix
@pytest.mark.parametrize(
    ("old", "asked", "new"),
    [
        (None, None, 0o640),
        (None, 0o600, 0o600),
        (0o600, None, 0o600),
        (0o644, None, 0o644),
        (0o755, None, 0o755),
        (0o644, 0o600, 0o600),
    ],
)
def test_permissions_are_the_old_ones_the_usual_ones_or_those_asked_for(target, old, asked, new):
    if old is not None:
        target.write_bytes(b"old")
        target.chmod(old)
    umask = os.umask(0o027)
    try:
        with whole_file(target, asked) as file:
            meanwhile = mode(file.fileno())
            file.write(b"new")
    finally:
        os.umask(umask)

    assert (meanwhile, mode(target)) == (0o600, new)
    assert target.read_bytes() == b"new"


@pytest.mark.parametrize("old", [None, b"old"])
def test_what_fails_leaves_the_old_file_and_nothing_beside(target, old, monkeypatch):
    if old is not None:
        target.write_bytes(old)
    before = list(target.parent.iterdir())

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write(target)

    assert list(target.parent.iterdir()) == before
    assert old is None or target.read_bytes() == old


def in_use(do, times: int):
    """Return a stand-in for a function on Windows, where a file that another program has open is refused."""
    tries = itertools.count(1)

    def stand_in(*what):
        if next(tries) <= times:
            error = PermissionError(errno.EACCES, "Access is denied")
            error.winerror = 5
            raise error
        return do(*what)

    return stand_in


def test_a_file_that_somebody_reads_on_windows_is_replaced_a_moment_later(target, monkeypatch):
    target.write_bytes(b"old")
    monkeypatch.setattr(os, "replace", in_use(os.replace, times=3))

    write(target)

    assert target.read_bytes() == b"new"
    assert list(target.parent.iterdir()) == [target]


def test_a_file_that_stays_in_use_is_left_as_it_is(target, monkeypatch):
    target.write_bytes(b"old")
    monkeypatch.setattr(os, "replace", in_use(os.replace, times=10**6))
    monkeypatch.setattr("leakyedu.teaching.whole_file.PATIENCE", 0.05)

    with pytest.raises(PermissionError, match="denied"):
        write(target)

    assert target.read_bytes() == b"old"
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.skipif(sys.platform == "win32", reason="a link needs a right there")
def test_a_link_planted_under_the_name_of_the_part_is_not_followed(target, tmp_path, monkeypatch):
    (tmp_path / "victim").write_bytes(b"untouched")
    monkeypatch.setattr(secrets, "token_hex", lambda _: "0" * 16)
    (tmp_path / f".lesson.ipynb.{'0' * 16}.part").symlink_to("victim")

    with pytest.raises(FileExistsError):
        write(target)

    assert (tmp_path / "victim").read_bytes() == b"untouched"
    assert not target.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="a link needs a right there")
def test_a_link_under_the_name_of_the_file_is_replaced(target, tmp_path):
    (tmp_path / "other").write_bytes(b"untouched")
    target.symlink_to("other")

    write(target)

    assert not target.is_symlink()
    assert (tmp_path / "other").read_bytes() == b"untouched"


def test_what_a_killed_writer_left_goes_after_a_day(target, tmp_path):
    ours = [tmp_path / f".lesson.ipynb.{n:016x}.part" for n in range(2)]
    for path in (*ours, tmp_path / ".lesson.ipynb.mine.part"):
        path.touch()
        os.utime(path, (time.time() - 2 * DAY,) * 2)
    os.utime(ours[0])

    write(target)

    assert list(left_over(target)) == ours[:1]
    assert {path.name for path in tmp_path.iterdir()} == {
        "lesson.ipynb",
        ".lesson.ipynb.mine.part",
        ours[0].name,
    }


@pytest.mark.parametrize("name", ["n" * 255, "[a]*?.ipynb" if sys.platform != "win32" else "[a].ipynb"])
def test_any_name_will_do(tmp_path, name):
    write(tmp_path / name)

    assert [path.name for path in tmp_path.iterdir()] == [name]


@posix
def test_a_drive_without_permissions_is_written_all_the_same(target, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "chmod", refuse)
    write(target)

    assert target.read_bytes() == b"new"
