"""The room of a class, as the demonstration holds it: behind a door for phones, or without one.

The process that lets phones in gets the words of :mod:`leakyedu.app.room` from here and tells what it has
counted. It is started with as little as it needs: neither our environment nor our folder.
"""

import contextlib
import ipaddress
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import segno

from leakyedu.app.room import Room
from leakyedu.teaching.whole_file import beside, whole_file

PROGRAM = Path(__file__).resolve().parents[2]
# What Python needs to begin, here and on Windows.
NEEDED = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "LANG", "LC_ALL")
# No phone is there.
OF_OTHERS = (
    "docker", "br-", "veth", "virbr", "vmnet", "vmware", "vbox", "virtualbox", "tun", "utun", "tap", "wg",
)  # fmt: skip


class Class:
    """A class that votes by raising hands.

    Args:
        saved: a file for all votes that were shown, without devices; None keeps nothing.
    """

    address: str | None = None

    def __init__(self, saved: Path | None = None) -> None:
        self.saved, self._room = saved, Room()

    def lead(self, said: dict[str, Any]) -> dict[str, Any]:
        """Let the room do what the wall says, and tell what is there; ``error`` holds what went wrong."""
        if said.get("word") == "forget" and self.saved and self.saved.exists():
            self.saved = beside(self.saved, "class")  # the votes of the class before stay
        told = self._ask(said)
        if self.saved and said.get("word") != "look" and told.get("shown"):
            record = json.dumps(self._ask({"word": "record"}), indent=1, ensure_ascii=False)
            try:
                with whole_file(self.saved, 0o600, text=True, encoding="utf-8") as file:
                    file.write(record)
            except OSError as error:
                told["error"] = f"The votes are not saved: {error.strerror}."
        return told

    def _ask(self, said: dict[str, Any]) -> Any:
        return self._room.answer(said)

    def end(self) -> None:
        """End it."""


class Phones(Class):
    """A class that votes by phone, through a process of its own.

    Args:
        address: of this machine, in the network of the class.
        saved: as for :class:`Class`.

    Attributes:
        address: of the page for phones.
        code: the same as a picture, for an ``img``.

    Raises:
        OSError: if the address is none of this machine.
    """

    def __init__(self, address: str, saved: Path | None = None) -> None:
        self.saved, self._turn = saved, threading.Lock()
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        environment = {name: os.environ[name] for name in NEEDED if name in os.environ}
        # Where it runs, Python looks for modules: not in a folder of somebody else.
        self.process = subprocess.Popen(  # noqa: S603  # our own module, at an address that was parsed
            [sys.executable, "-m", "leakyedu.app.phones", str(ipaddress.IPv4Address(address))],
            **pipes, text=True, encoding="utf-8", cwd=PROGRAM, env=environment,
        )  # fmt: skip
        begun = self._line()
        if "error" in begun:
            self.end()
            raise OSError(f"Nothing can be opened at {address}: {begun['error']}.")
        self.address = begun["address"]
        self.code = segno.make(self.address, error="m").svg_data_uri(scale=10, border=4)

    def _ask(self, said: dict[str, Any]) -> Any:
        with self._turn:
            try:
                self.process.stdin.write(json.dumps(said) + "\n")
                self.process.stdin.flush()
            except (OSError, ValueError):  # a closed pipe is a wrong value
                return ENDED
            return self._line()

    def _line(self) -> Any:
        line = self.process.stdout.readline()
        return json.loads(line) if line.endswith("\n") else ENDED  # it may have ended in the middle of one

    def end(self) -> None:
        """Close the door."""
        is_free = self._turn.acquire(timeout=1)  # or somebody waits for an answer that does not come
        if is_free:
            with contextlib.suppress(OSError):  # it has ended, with words on their way to it
                self.process.stdin.close()
            self._turn.release()
        try:
            self.process.wait(10 if is_free else 0)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


ENDED = {"error": "The phones are cut off: their program has ended. Start the demonstration again."}


def networks() -> Iterator[str]:
    """Give the addresses of this machine in its networks, the likeliest first."""
    up = {name for name, state in psutil.net_if_stats().items() if state.isup}
    found = [
        (name.lower().startswith(OF_OTHERS), not ip.is_private, str(ip))
        for name, addresses in psutil.net_if_addrs().items()
        if name in up
        for each in addresses
        if each.family.name == "AF_INET"
        and not ((ip := ipaddress.IPv4Address(each.address)).is_loopback or ip.is_link_local)
    ]
    return (address for _, _, address in sorted(found, key=lambda each: each[:2]))
