"""The door for the phones of a class: a process of its own, which serves one page and takes votes.

It answers on the address that the teacher has confirmed. Below it are two places, whose name begins with the
code that is on the wall; everything else is not found:

==================  =============================================================================
place               what it answers
==================  =============================================================================
``/CODE``           ``GET``: the page, with all that it needs
``/CODE/vote``      ``GET``: the question that is on the wall; ``POST``: comes in, or votes
==================  =============================================================================

A phone makes a mark for its tab and sends it with each request: one mark has one vote. What it votes is one
of the options, a number or numbers, is counted, and is never shown as text. Nothing is logged or written.

The process that started it says on standard input what :class:`~leakyedu.app.room.Room` shall do, one line of
JSON each, and reads a line for each. When it is gone, so is this one. This one knows no token, no kernel and
no file of the notebook server.

Source: W3C, *Content Security Policy Level 3*; Mozilla, *Origin*.
"""

import asyncio
import base64
import hashlib
import json
import logging
import re
import secrets
import signal
import string
import sys
import threading
from collections.abc import Callable, Hashable, Iterable
from pathlib import Path
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream
from tornado.netutil import bind_sockets
from tornado.web import Application, HTTPError, RequestHandler

from leakyedu.app.room import Room, VoteError

PORTS = range(8877, 8897)
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # nobody mistakes one for another
MARK = re.compile(r"[A-Za-z0-9_-]{22}")  # 132 bits

BODY = 2048  # bytes of a vote, at most
HEAD = 8192  # bytes of a request before it
PATIENCE = 10  # seconds for a request to come, and for an answer to be taken
# At once; on Windows tornado waits for 512 sockets, at most.
CONNECTIONS = 400 if sys.platform == "win32" else 1_500
# What one address may do at once, and then for each second. A whole class may be behind one router.
REQUESTS = (3_000, 500)
COMING = (600, 1)  # devices that come in; one address does not fill the room
VOTING = (20, 2)  # votes of one device
KNOWN = 5_000  # addresses or devices that are remembered

FOLDER = Path(__file__).parent / "phone"


def page() -> tuple[bytes, str]:
    """Return the page for a phone, and the policy that lets its own script and style be used and no other."""
    curve = (FOLDER.parents[1] / "teaching/curve.js").read_text(encoding="utf-8")
    script = f"{curve}\n{(FOLDER / 'phone.js').read_text(encoding='utf-8')}"
    style = (FOLDER / "phone.css").read_text(encoding="utf-8")
    whole = string.Template((FOLDER / "phone.html").read_text(encoding="utf-8"))
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return whole.substitute(script=script, style=style).encode(), policy


def _hash(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


class Allowance:
    """How often each of many may do something.

    Args:
        at_once: how often without a break.
        each_second: how often in the long run.
        now: tells the time in second.
    """

    def __init__(self, at_once: float, each_second: float, now: Callable[[], float]) -> None:
        self.at_once, self.each_second, self._now = at_once, each_second, now
        self._left: dict[Hashable, tuple[float, float]] = {}

    def take(self, who: Hashable) -> bool:
        """Take once, and tell whether that was allowed."""
        now = self._now()
        left, since = self._left.pop(who, (self.at_once, now))
        left = min(self.at_once, left + (now - since) * self.each_second)
        while len(self._left) >= KNOWN:
            self._left.pop(next(iter(self._left)))  # who was here longest ago
        self._left[who] = (left - 1 if left >= 1 else left), now
        return left >= 1


class Door(HTTPServer):
    """A server that drops whoever is slow or silent."""

    def initialize(self, *arguments: Any, **named: Any) -> None:
        """Make it, with nobody there."""
        super().initialize(*arguments, **named)
        self.heard: dict[IOStream, float] = {}

    def handle_stream(self, stream: IOStream, address: tuple) -> None:
        """Take a connection; where there are too many, who has been silent longest makes room."""
        if len(self.heard) >= CONNECTIONS:
            min(self.heard, key=self.heard.__getitem__).close()
            self.sweep()
        self.heard[stream] = asyncio.get_running_loop().time()
        super().handle_stream(stream, address)

    def sweep(self) -> None:
        """Drop the connections that have asked nothing for a while, or do not take what they asked for."""
        late = asyncio.get_running_loop().time() - 2 * PATIENCE
        for stream, since in list(self.heard.items()):
            if since < late:
                stream.close()
            if stream.closed():
                del self.heard[stream]

    async def keep_swept(self) -> None:
        """Do so for ever."""
        while True:
            await asyncio.sleep(1)
            self.sweep()


class Place(RequestHandler):
    """A place that is not found; the two that are there begin with it."""

    def set_default_headers(self) -> None:
        """Say what a browser may do with the answer: as little as possible."""
        self.clear_header("Server")
        for name, value in {
            "Content-Security-Policy": self.settings["policy"],
            "Cache-Control": "no-store",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }.items():
            self.set_header(name, value)

    def prepare(self) -> None:
        """Refuse what comes too often, or not by the address that is on the wall."""
        door, address = self.settings["door"], self.request.remote_ip
        if self.request.connection.stream in door.heard:
            door.heard[self.request.connection.stream] = asyncio.get_running_loop().time()
        if not self.settings["requests"].take(address):
            raise HTTPError(429)
        if type(self) is Place or self.request.host != self.settings["host"] or self.request.query:
            raise HTTPError(404)

    def send_error(self, status_code: int = 500, **named: Any) -> None:
        """Answer without words; there is no other method here, either."""
        super().send_error(404 if status_code == 405 else status_code, **named)

    def write_error(self, status_code: int, **_) -> None:
        """Say nothing."""
        self.set_header("Content-Type", "text/plain")
        self.finish()

    def log_exception(self, *_) -> None:
        """Say nothing here, either."""


class Page(Place):
    """The page."""

    def get(self) -> None:
        """Send it."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(self.settings["page"])


class Votes(Place):
    """What a phone is told, and what it says."""

    def get(self) -> None:
        """Tell the question."""
        self.finish(self.settings["room"].tell_device(self._mark()))

    def post(self) -> None:
        """Let a device come in, and take its vote if it sends one."""
        settings, room, mark = self.settings, self.settings["room"], self._mark()
        if self.request.headers.get("Origin") != f"http://{settings['host']}":
            raise HTTPError(403)
        said = self._said()
        if mark not in room.devices and not settings["coming"].take(self.request.remote_ip):
            raise HTTPError(429)
        if not room.join(mark):
            raise HTTPError(503)
        if said:
            if not settings["voting"].take(mark):
                raise HTTPError(429)
            try:
                if not room.vote(mark, said["question"], said["round"], said["vote"]):
                    self.set_status(409)
            except VoteError as error:
                self.set_status(422)
                self.finish({"says": str(error)})
                return
        self.finish(room.tell_device(mark))

    def _mark(self) -> str:
        mark = self.request.headers.get("Leakyedu-Device", "")
        if not MARK.fullmatch(mark):
            raise HTTPError(400)
        return mark

    def _said(self) -> dict[str, Any]:
        """Return what was sent: nothing, or a vote with the question that it answers."""
        if self.request.headers.get("Content-Type") != "application/json":
            raise HTTPError(415)
        try:
            said = json.loads(self.request.body)
        except (ValueError, RecursionError):
            raise HTTPError(400) from None
        if not isinstance(said, dict) or said.keys() not in (set(), {"question", "round", "vote"}):
            raise HTTPError(400)
        return said


async def serve(address: str, ports: Iterable[int], lines: Iterable[str], say: Callable[[Any], None]) -> None:
    """Serve a class until there is nobody left to serve it for.

    Args:
        address: of this machine, in the network of the class.
        ports: to try, one after the other.
        lines: gives what the room shall do, line by line, and ends.
        say: is called with each answer.
    """
    loop, room = asyncio.get_running_loop(), Room()
    code = "".join(secrets.choice(LETTERS) for _ in range(8))
    sockets = _bind(address, ports)
    host = f"{address}:{sockets[0].getsockname()[1]}"
    whole, policy = page()
    allowed = {"requests": REQUESTS, "coming": COMING, "voting": VOTING}
    settings = {name: Allowance(*numbers, loop.time) for name, numbers in allowed.items()}
    settings |= {"room": room, "host": host, "page": whole, "policy": policy}
    places = [(f"/{code}", Page), (f"/{code}/vote", Votes)]
    application = Application(places, default_handler_class=Place, log_function=lambda _: None, **settings)
    patience = {"idle_connection_timeout": PATIENCE, "body_timeout": PATIENCE}
    door = Door(application, max_body_size=BODY, max_header_size=HEAD, **patience)
    application.settings["door"] = door
    door.add_sockets(sockets)
    sweeping = loop.create_task(door.keep_swept())
    say({"address": f"http://{host}/{code}"})

    async def lead(line: str) -> None:
        say(room.answer(json.loads(line)))

    def listen() -> None:
        try:
            for line in lines:
                asyncio.run_coroutine_threadsafe(lead(line), loop).result()
        finally:  # also where nobody is left to be answered
            loop.call_soon_threadsafe(ended.set)

    ended = asyncio.Event()
    threading.Thread(target=listen, daemon=True).start()
    await ended.wait()
    sweeping.cancel()
    door.stop()
    await door.close_all_connections()


def _bind(address: str, ports: Iterable[int]) -> list:
    for port in [*ports, 0]:
        try:
            return bind_sockets(port, address)
        except OSError as error:
            failed = error
    raise failed


def main() -> None:
    """Serve at the address that is named, to the process that started this one."""
    # That one is stopped by Ctrl+C, and ends this one by closing its input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.disable(logging.CRITICAL)  # tornado would write down who sent what
    _open_more_files()

    def say(answer: Any) -> None:
        print(json.dumps(answer), flush=True)

    try:
        asyncio.run(serve(sys.argv[1], PORTS, sys.stdin, say))
    except OSError as error:
        say({"error": error.strerror or str(error)})


def _open_more_files() -> None:
    """Let each connection have its file, where the system allows it."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * CONNECTIONS
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if most < 0 else min(wanted, most), most))


if __name__ == "__main__":
    main()
