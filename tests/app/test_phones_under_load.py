"""The door for phones with a full room before it, and with clients that are slow or mean no good.

Everything comes over the loopback of this machine: a class from one address, as behind one router, the others
from another one. What is asked of time holds on an idle machine.
"""

import asyncio
import contextlib
import json
import re
import secrets
import sys
import time

import psutil
import pytest

from leakyedu.app.room import MOST
from tests.phones import LETTERS, Phone, door

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(sys.platform != "linux", reason="other addresses of this machine are those of Linux"),
]

EVERY = 0.4  # seconds between two looks of the wall, as in class.js
FOREIGN = "127.0.0.66"


class Line:
    """A connection that stays, as that of a phone."""

    def __init__(self, address: str, source: str) -> None:
        self.host, self.path = re.fullmatch(r"http://([^/]+)(/\w+)", address).groups()
        self.mark, self.source, self.ends = secrets.token_urlsafe(16), source, None

    async def open(self) -> None:
        name, port = self.host.split(":")
        self.ends = await asyncio.open_connection(name, int(port), local_addr=(self.source, 0))

    async def ask(self, method: str, path: str, body: bytes = b"", *lines: str) -> tuple[int, bytes]:
        """Return the status and the body of an answer."""
        if self.ends is None:
            await self.open()
        reader, writer = self.ends
        head = [f"{method} {path} HTTP/1.1", f"Host: {self.host}", f"Content-Length: {len(body)}", *lines]
        writer.write("\r\n".join([*head, "", ""]).encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(re.search(rb"Content-Length: (\d+)", answer)[1])
        return int(answer.split()[1]), await reader.readexactly(length)

    async def send(self, said: dict) -> int:
        own = f"Leakyedu-Device: {self.mark}", f"Origin: http://{self.host}", "Content-Type: application/json"
        return (await self.ask("POST", f"{self.path}/vote", json.dumps(said).encode(), *own))[0]

    async def vote(self, vote: object) -> int:
        return await self.send({"question": LETTERS["id"], "round": 1, "vote": vote})

    async def close(self) -> None:
        if self.ends:
            self.ends[1].close()
            with contextlib.suppress(OSError):
                await self.ends[1].wait_closed()


async def class_of(address: str, number: int, sources: list[str], over: float) -> list[tuple[float, str]]:
    """Let so many phones come within a time, load the page and vote; return when each was counted, and its vote."""

    async def phone(n: int) -> tuple[float, str]:
        await asyncio.sleep(over * n / number)
        line, vote = Line(address, sources[n % len(sources)]), "abc"[n % 3]
        assert (await line.ask("GET", line.path))[0] == 200
        assert await line.send({}) == 200
        assert await line.vote(vote) == 200
        counted.append((time.monotonic(), vote))
        lines.append(line)

    lines, counted = [], []
    await asyncio.gather(*(phone(n) for n in range(number)))
    for line in lines:
        await line.close()
    return counted


async def look(room, seen: list) -> None:
    """Look at the room as the wall does, for ever."""
    while True:
        told = await asyncio.to_thread(room.lead, {"word": "look"})
        seen.append((time.monotonic(), told["rounds"][0]["count"]))
        await asyncio.sleep(EVERY)


def late(counted: list[tuple[float, str]], seen: list[tuple[float, int]]) -> float:
    """Return after how many seconds 95 % of the votes were on the wall."""
    times = sorted(at for at, _ in counted)
    lags = sorted(
        next(at for at, count in seen if count > n and at >= voted) - voted for n, voted in enumerate(times)
    )
    return lags[int(0.95 * len(lags))]


async def with_a_wall(room, doing) -> tuple[list, list]:
    seen = []
    looking = asyncio.create_task(look(room, seen))
    counted = await doing
    await asyncio.sleep(2 * EVERY)
    looking.cancel()
    return counted, seen


def fair(counted: list[tuple[float, str]]) -> list[int]:
    votes = [vote for _, vote in counted]
    return [votes.count(letter) for letter in "abc"]


def test_300_phones_behind_one_router_come_and_vote_within_5_seconds():
    with door() as room:
        room.lead({"word": "ask", "question": LETTERS})
        began = time.monotonic()

        counted, seen = asyncio.run(with_a_wall(room, class_of(room.address, 300, ["127.0.0.2"], 3)))

        took, lag = max(at for at, _ in counted) - began, late(counted, seen)
        memory = psutil.Process(room.process.pid).memory_info().rss / 1e6
        print(f"300 phones: {took:.2f} s, on the wall after {lag:.2f} s (p95), {memory:.0f} MB")
        assert room.lead({"word": "look"})["rounds"][0]["picture"] == fair(counted) == [100, 100, 100]
        assert took < 5
        assert lag < 1
        assert memory < 100


def test_1000_phones_fill_the_room_and_no_vote_is_lost():
    sources = [f"127.0.0.{n}" for n in range(2, 6)]
    with door() as room:
        room.lead({"word": "ask", "question": LETTERS})

        counted, seen = asyncio.run(with_a_wall(room, class_of(room.address, MOST, sources, 10)))

        lag = late(counted, seen)
        memory = psutil.Process(room.process.pid).memory_info().rss / 1e6
        print(f"{MOST} phones: on the wall after {lag:.2f} s (p95), {memory:.0f} MB")
        told = room.lead({"word": "look"})
        assert (told["phones"], told["rounds"][0]["picture"]) == (MOST, fair(counted))
        assert lag < 1
        assert Phone(room.address, source="127.0.0.9").vote(LETTERS, "a")[0] == 503


async def silent(address: str, kind: int) -> None:
    """Hold a connection: say nothing, or a byte now and then, or ask and take no answer."""
    line = Line(address, FOREIGN)
    await line.open()
    ask = f"GET {line.path} HTTP/1.1\r\nHost: {line.host}\r\n"
    try:
        if kind == 1:
            for byte in ask.encode() * 100:
                line.ends[1].write(bytes([byte]))
                await asyncio.sleep(0.2)
        elif kind == 2:
            line.ends[1].write(f"{ask}\r\n".encode() * 100)
        await asyncio.sleep(3600)
    finally:
        line.ends[1].transport.abort()
        await line.close()


HOSTILE = {
    "a long body": lambda line: line.ask("POST", f"{line.path}/vote", b"x" * 5000),
    "wrong codes": lambda line: line.ask("GET", f"/{secrets.token_hex(4)}"),
    "the notebook server": lambda line: line.ask("GET", "/api/contents?token=x"),
    "HTML": lambda line: line.vote("<script>alert(1)</script>"),
    "a formula": lambda line: line.vote("=HYPERLINK(1)"),
    "another origin": lambda line: line.ask(
        "POST", f"{line.path}/vote", b"{}", "Origin: http://evil.example"
    ),
    "broken JSON": lambda line: line.ask(
        "POST", f"{line.path}/vote", b"[" * 2000, f"Origin: http://{line.host}"
    ),
    "the page": lambda line: line.ask("GET", line.path),
    "no HTTP": lambda line: line.ask("\x16\x03\x01", "\x00"),
    "another name": lambda line: line.ask("GET", line.path, b"", "Host: evil.example"),
}


async def hostile(address: str, name: str, answers: dict) -> None:
    """Do the same bad thing as fast as it goes, for ever."""
    line = Line(address, FOREIGN)
    try:
        while True:
            try:
                answer = await HOSTILE[name](line)
                answers.setdefault(name, set()).add(answer if isinstance(answer, int) else answer[0])
            except (OSError, asyncio.IncompleteReadError):
                await line.close()
                line.ends = None
                await asyncio.sleep(0.01)
    finally:
        await line.close()


async def beset(address: str, answers: dict) -> list:
    besetting = [asyncio.create_task(silent(address, n % 3)) for n in range(100)]
    besetting += [asyncio.create_task(hostile(address, name, answers)) for name in HOSTILE for _ in range(10)]
    await asyncio.sleep(1)
    counted = await class_of(address, 300, ["127.0.0.2"], 3)
    for task in besetting:
        task.cancel()
    await asyncio.gather(*besetting, return_exceptions=True)
    return counted


def test_beside_100_slow_and_100_hostile_clients_no_vote_is_lost_or_shown_wrongly():
    answers = {}
    with door() as room:
        room.lead({"word": "ask", "question": LETTERS})

        counted, seen = asyncio.run(with_a_wall(room, beset(room.address, answers)))

        lag = late(counted, seen)
        memory = psutil.Process(room.process.pid).memory_info().rss / 1e6
        print(f"beset: on the wall after {lag:.2f} s (p95), {memory:.0f} MB")
        print(*(f"{name}: {sorted(found)}" for name, found in answers.items()), sep="\n")
        assert room.lead({"word": "look"})["rounds"][0]["picture"] == fair(counted) == [100, 100, 100]
        assert {status for name, found in answers.items() for status in found if name != "the page"} <= {
            400, 403, 404, 415, 422, 429,
        }  # fmt: skip
        assert memory < 150
