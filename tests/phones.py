"""Phones of a class without a browser, and questions for them."""

import contextlib
import http.client
import json
import re
import secrets
from typing import Any

from leakyedu.app.voting import Phones

LETTERS = {
    "id": "a_lesson.letter",
    "question": "Which?",
    "given": "",
    "options": [["a", "(a) one"], ["b", "(b) two"], ["c", "(c) three"]],
}
NUMBER = {
    "id": "a_lesson.number",
    "question": "When?",
    "given": "",
    "unit": "ms",
    "wants": "a number in ms",
    "between": [0, 40],
}
CURVE = {
    "id": "a_lesson.curve",
    "question": "How?",
    "given": "",
    "curve": {
        "kind": "curve", "name": "", "value": "v", "unit": "V", "names": ["time (ms)", "v (V)"],
        "at": [5, 10, 20], "axis": [0, 2], "start": [0, 0],
    },
}  # fmt: skip


@contextlib.contextmanager
def door(**given: Any):
    """Open the door for phones at this machine's own address; give the room behind it."""
    room = Phones("127.0.0.1", **given)
    try:
        yield room
    finally:
        room.end()


class Phone:
    """A phone that has read the code on the wall.

    Args:
        address: what the code holds.
        source: its own address; behind one router all have the same.
    """

    def __init__(self, address: str, source: str = "127.0.0.1") -> None:
        self.host, self.path = re.fullmatch(r"http://([^/]+)(/\w+)", address).groups()
        self.mark, self.source = secrets.token_urlsafe(16), source

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict, bytes]:
        """Return the status, the headers and the body of an answer; `_` in a header's name is a hyphen."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        line = http.client.HTTPConnection(self.host, timeout=20, source_address=(self.source, 0))
        with contextlib.closing(line):
            line.request(method, path, body=body, headers=headers)
            answer = line.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()

    def look(self) -> dict[str, Any]:
        """Ask what is on the wall."""
        status, _, body = self.ask("GET", f"{self.path}/vote", Leakyedu_Device=self.mark)
        assert status == 200
        return json.loads(body)

    def send(self, said: Any, **headers: str) -> tuple[int, Any]:
        """Send something as the page does; return the status, and what is told."""
        own = {
            "Leakyedu_Device": self.mark,
            "Origin": f"http://{self.host}",
            "Content_Type": "application/json",
        }
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        status, _, told = self.ask("POST", f"{self.path}/vote", body, **(own | headers))
        return status, json.loads(told or "null")

    def vote(self, question: dict, vote: Any, round_: int = 1) -> tuple[int, Any]:
        """Vote on a question."""
        return self.send({"question": question["id"], "round": round_, "vote": vote})
