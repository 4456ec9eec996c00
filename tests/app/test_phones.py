"""The door for the phones of a class: what it answers, whom it refuses, and what it writes down."""

import base64
import hashlib
import io
import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
import zxingcpp
from PIL import Image

from leakyedu.app import phones
from leakyedu.app.phones import Allowance, page
from leakyedu.app.voting import Phones, networks
from tests.phones import CURVE, LETTERS, NUMBER, Phone, door

pytestmark = pytest.mark.slow  # a program and a network: with each change, and not with each look


@pytest.fixture(scope="module")
def opened():
    with door() as room:
        yield room


@pytest.fixture
def room(opened):
    """Ask a class a letter, in a room that nobody has been in."""
    opened.lead({"word": "ask", "question": LETTERS})
    opened.lead({"word": "forget"})
    return opened


@pytest.fixture
def phone(room):
    return Phone(room.address)


def counted(room: Phones) -> list:
    return room.lead({"word": "look"})["rounds"][-1]["picture"]


# -- What a phone does -----------------------------------------------------------------------------


def test_a_phone_comes_in_sees_the_question_and_votes(room, phone):
    joined, told = phone.send({})
    before = room.lead({"word": "look"})
    voted, after = phone.vote(LETTERS, "b")

    assert (joined, voted) == (200, 200)
    assert told == {"question": LETTERS, "round": 1, "open": True, "yours": None, "wait": 1.0, "here": True}
    assert (before["phones"], before["rounds"][0]["count"]) == (1, 0)
    assert after["yours"] == "b"
    assert counted(room) == [0, 1, 0]


@pytest.mark.parametrize(("question", "vote"), [(LETTERS, "c"), (NUMBER, 6.5), (CURVE, [0, 0.5, 2])])
def test_a_phone_that_was_reloaded_or_asleep_finds_the_question_and_its_vote(room, phone, question, vote):
    room.lead({"word": "ask", "question": question})
    phone.vote(question, vote)

    told = phone.look()

    assert (told["question"], told["yours"]) == (question, vote)


def test_to_look_changes_nothing(room, phone):
    phone.look()

    assert room.lead({"word": "look"})["phones"] == 0


def test_a_vote_that_is_sent_again_counts_once_and_a_changed_one_takes_its_place(room, phone):
    for vote in "aab":
        phone.vote(LETTERS, vote)

    assert counted(room) == [0, 1, 0]


def test_a_vote_that_comes_after_all_were_shown_is_refused_with_what_is_there(room, phone):
    phone.vote(LETTERS, "a")
    room.lead({"word": "show"})

    status, told = phone.vote(LETTERS, "b")

    assert status == 409
    assert (told["open"], told["yours"]) == (False, "a")
    assert counted(room) == [1, 0, 0]


def test_a_vote_that_is_none_is_answered_in_words(phone):
    assert phone.vote(LETTERS, "d") == (422, {"says": "This is none of the options."})


# -- The page --------------------------------------------------------------------------------------


def test_the_page_has_all_that_it_needs_in_60_kilobytes_and_no_other_script_or_style_may_run(phone):
    status, headers, sent = phone.ask("GET", phone.path)

    scripts = re.findall(rb"<script>(.*?)</script>", sent, re.DOTALL)
    styles = re.findall(rb"<style>(.*?)</style>", sent, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(x).digest()).decode() for x in [*scripts, *styles]]
    assert status == 200
    assert len(sent) <= 60_000
    assert headers["Content-Security-Policy"] == (
        f"default-src 'none'; script-src 'sha256-{hashes[0]}'; style-src 'sha256-{hashes[1]}'; "
        "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert re.findall(rb"https?://(?!www\.w3\.org/2000/svg)", sent) == []
    assert not re.search(rb"\son\w+=|<(?:link|img)[^>]+(?:href|src)=\"(?!data:)|style=", sent)
    assert len(sent) == len(page()[0])


def test_an_answer_says_nothing_of_the_server_and_is_kept_nowhere(phone):
    answers = [phone.ask("GET", path)[1] for path in (phone.path, f"{phone.path}/vote", "/")]

    for headers in answers:
        assert "Server" not in headers
        assert "Set-Cookie" not in headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"


# -- Everything else is not there ------------------------------------------------------------------

NOT_THERE = [
    "/", "/index.html", "/favicon.ico", "/robots.txt", "/class", "/teacher", "/lab", "/tree", "/login", "/api",
    "/api/kernels", "/api/contents", "/api/sessions", "/api/status", "/voila/render/04_one_euler_step.ipynb",
    "/voila/static/main.js", "/voila/files/a.png", "/files/a.ipynb", "/static/style.css", "/terminals/1",
    "/nbconvert/html/a.ipynb", "/metrics", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/CODE/",
    "/CODE/vote/", "/CODE/votes", "/CODE/class", "/CODE/teacher", "/CODE/../api/kernels", "/CODE//vote",
    "/CODE/%2e%2e/", "/CODE%00", "/CODE?token=x", "/CODE/vote?question=a", "//CODE", "/CODEx", "/xCODE",
]  # fmt: skip


@pytest.mark.parametrize("paths", [NOT_THERE[:20], NOT_THERE[20:]], ids=["of servers", "near the code"])
def test_no_other_path_is_there(paths):
    with door() as room:  # who asks for many is answered no more
        phone = Phone(room.address)

        answers = {
            path: phone.ask("GET", path.replace("CODE", phone.path[1:]), Leakyedu_Device=phone.mark)
            for path in paths
        }

    print(*(f"{status} {path}" for path, (status, *_) in answers.items()), sep="\n")
    assert {path: (status, sent) for path, (status, _, sent) in answers.items()} == dict.fromkeys(
        paths, (404, b"")
    )


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "FOO"])
@pytest.mark.parametrize("place", ["", "/vote"])
def test_no_other_method_is_there(phone, method, place):
    status, _, sent = phone.ask(method, phone.path + place, Leakyedu_Device=phone.mark)

    assert status == 404
    assert sent == b""


def test_nothing_is_posted_to_the_page(phone):
    assert phone.ask("POST", phone.path, b"{}", Origin=f"http://{phone.host}")[0] == 404


def test_it_is_no_websocket(phone):
    asks = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Key": "x" * 22 + "=="}

    status, _, _ = phone.ask(
        "GET", f"{phone.path}/vote", Sec_WebSocket_Version="13", Leakyedu_Device=phone.mark, **asks
    )

    assert status == 200  # the question, as ever: nothing is upgraded


# -- Who is refused --------------------------------------------------------------------------------


NAMES = [
    "localhost:PORT",
    "127.0.0.1",
    "evil.example",
    "evil.example:PORT",
    "127.0.0.1:1",
    "[::1]:PORT",
    "x@HOST",
    "",
]


def test_another_name_than_the_one_on_the_wall_leads_nowhere():
    with door() as room:
        phone = Phone(room.address)
        port = phone.host.rpartition(":")[2]
        hosts = {name: name.replace("HOST", phone.host).replace("PORT", port) for name in NAMES}

        pages = {name: phone.ask("GET", phone.path, Host=host)[0] for name, host in hosts.items()}
        votes = {name: phone.send({}, Host=host)[0] for name, host in hosts.items()}

        assert {*pages.values(), *votes.values()} <= {400, 404}
        assert room.lead({"word": "look"})["phones"] == 0


@pytest.mark.parametrize(
    "origin", ["null", "http://evil.example", "https://HOST", "http://localhost", "HOST", ""]
)
def test_the_page_of_somebody_else_cannot_vote(room, phone, origin):
    status, _ = phone.send(
        {"question": LETTERS["id"], "round": 1, "vote": "a"}, Origin=origin.replace("HOST", phone.host)
    )

    assert status == 403
    assert counted(room) == [0, 0, 0]


GOOD = {"question": LETTERS["id"], "round": 1, "vote": "a"}
BROKEN = {
    "another field": GOOD | {"name": "Ada"},
    "a field is missing": {"question": LETTERS["id"], "vote": "a"},
    "a list": [GOOD],
    "a text": "a",
    "null": None,
    "no JSON": b"{vote: a}",
    "half of it": b'{"question": "a_lesson.letter", "round": 1',
    "no UTF-8": b"\xff\xfe",
    "nothing": b"",
    "deep": b"[" * 2000,
    "deep fields": b'{"vote":' * 250,
}


@pytest.mark.parametrize("said", BROKEN.values(), ids=BROKEN)
def test_what_is_no_vote_of_our_page_is_refused(room, phone, said):
    assert phone.send(said)[0] == 400
    assert counted(room) == [0, 0, 0]


ODD = {
    "another question": GOOD | {"question": NUMBER["id"]},
    "no question": GOOD | {"question": None},
    "a round to come": GOOD | {"round": 2},
    "no round": GOOD | {"round": "1"},
    "a list for the question": GOOD | {"question": [LETTERS["id"]]},
    "an object for the round": GOOD | {"round": {"$gt": 0}},
}


@pytest.mark.parametrize("said", ODD.values(), ids=ODD)
def test_a_vote_on_what_is_not_asked_does_not_count(room, phone, said):
    assert phone.send(said)[0] == 409
    assert counted(room) == [0, 0, 0]


TEXTS = [
    "<script>alert(1)</script>",
    '=HYPERLINK("http://evil.example")',
    "'; DROP TABLE votes",
    "../../x",
    "\x00",
]


@pytest.mark.parametrize("text", TEXTS)
def test_nothing_that_is_sent_is_told_to_the_wall(room, phone, text):
    phone.send(GOOD | {"vote": text})
    phone.send(GOOD | {"question": text})
    phone.send(GOOD, Leakyedu_Device=text.replace("\x00", "%00"))

    told = json.dumps(room.lead({"word": "look"}))

    assert json.dumps(text)[1:-1] not in told
    assert phone.mark not in told
    assert counted(room) == [0, 0, 0]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_a_form_of_another_page_is_no_vote(room, phone, kind):
    assert phone.send(GOOD, Content_Type=kind)[0] in (400, 415)
    assert counted(room) == [0, 0, 0]


@pytest.mark.parametrize("mark", ["", "x", "x" * 21, "x" * 23, "x" * 21 + "!", "x" * 21 + "\u00e9"])
def test_a_device_has_a_mark_of_22_letters(room, phone, mark):
    assert phone.send(GOOD, Leakyedu_Device=mark)[0] == 400
    assert room.lead({"word": "look"})["phones"] == 0


def wire(room: Phones, sent: bytes, patience: float = 20) -> tuple[bytes, float]:
    """Send bytes; return what came until the connection was closed, and after how many seconds."""
    host, port = re.match(r"http://([^:]+):(\d+)", room.address).groups()
    began = time.monotonic()
    with socket.create_connection((host, int(port)), timeout=patience) as line:
        line.sendall(sent)
        came = b""
        try:
            while part := line.recv(65536):
                came += part
        except ConnectionResetError:
            pass
    return came, time.monotonic() - began


def head(room: Phones, *lines: str) -> bytes:
    phone = Phone(room.address)
    own = [f"POST {phone.path}/vote HTTP/1.1", f"Host: {phone.host}", f"Leakyedu-Device: {phone.mark}"]
    own += [f"Origin: http://{phone.host}", "Content-Type: application/json"]
    return "\r\n".join([*own, *lines, "", ""]).encode()


LONG = {
    "a byte too many": lambda room: head(room, "Content-Length: 2049", "Connection: close") + b"{}".ljust(2049),
    "a length": lambda room: head(room, "Content-Length: 2049"),
    "a huge length": lambda room: head(room, "Content-Length: 99999999999"),
    "a negative length": lambda room: head(room, "Content-Length: -1"),
    "two lengths": lambda room: head(room, "Content-Length: 2", "Content-Length: 3") + b"{}",
    "chunks": lambda room: head(room, "Transfer-Encoding: chunked") + b"900\r\n" + b" " * 0x900 + b"\r\n0\r\n\r\n",
    "both": lambda room: head(room, "Transfer-Encoding: chunked", "Content-Length: 2") + b"0\r\n\r\n",
    "a long head": lambda room: head(room, "X: " + "x" * 9000),
    "a long path": lambda room: b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n",
    "no HTTP": lambda room: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "no host": lambda room: b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
}  # fmt: skip


@pytest.mark.parametrize("make", LONG.values(), ids=LONG)
def test_what_is_too_long_or_no_request_is_cut_off(room, make):
    came, _ = wire(room, make(room))

    assert b"200 OK" not in came
    assert room.lead({"word": "look"})["phones"] == 0


def test_the_longest_vote_is_read(room, phone):
    said = json.dumps(GOOD).encode()

    assert phone.send(said + b" " * (phones.BODY - len(said)))[0] == 200


# -- Who is too slow, or too quick -----------------------------------------------------------------

SLOW = {
    "says nothing": lambda room: b"",
    "stops in the head": lambda room: head(room, "Content-Length: 2")[:-10],
    "stops before the body": lambda room: head(room, "Content-Length: 2"),
    "asks and stays": lambda room: head(room, "Content-Length: 2") + b"{}",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(make, id=name, marks=() if name == "says nothing" else pytest.mark.thorough)
        for name, make in SLOW.items()
    ],
)
def test_who_is_silent_is_dropped(room, make):
    _, after = wire(room, make(room), patience=4 * phones.PATIENCE)

    assert phones.PATIENCE - 1 < after < 3 * phones.PATIENCE


@pytest.mark.slow
def test_who_takes_no_answers_is_dropped(room):
    phone = Phone(room.address)
    asks = f"GET {phone.path} HTTP/1.1\r\nHost: {phone.host}\r\n\r\n".encode() * 400_000
    host, port = phone.host.split(":")
    process = psutil.Process(room.process.pid)
    others = {line.raddr for line in process.net_connections("tcp")}
    with socket.create_connection((host, int(port)), timeout=1) as line:
        own = line.getsockname()
        with pytest.raises(TimeoutError):
            line.sendall(asks)

        def is_there() -> bool:
            return any(line.raddr == own for line in process.net_connections("tcp"))

        there = is_there()
        until = time.monotonic() + 4 * phones.PATIENCE
        while is_there() and time.monotonic() < until:
            time.sleep(0.5)
        dropped = not is_there()

    assert own not in others
    assert (there, dropped) == (True, True)


def test_an_allowance_is_used_up_and_comes_back_for_each_by_itself():
    now = [0.0]
    allowed = Allowance(2, 0.5, lambda: now[0])

    first = [allowed.take("a") for _ in range(3)]
    other = allowed.take("b")
    now[0] = 2.0
    later = [allowed.take("a") for _ in range(2)]
    now[0] = 1000.0
    long_after = [allowed.take("a") for _ in range(3)]

    assert first == [True, True, False]
    assert other
    assert later == [True, False]
    assert long_after == [True, True, False]


def test_an_allowance_remembers_so_many_and_no_more():
    allowed = Allowance(1, 0, lambda: 0.0)

    for who in range(3 * phones.KNOWN):
        allowed.take(who)

    assert len(allowed._left) == phones.KNOWN
    assert not allowed.take(3 * phones.KNOWN - 1)


def test_who_guesses_codes_finds_nothing_and_holds_up_nobody_behind_the_same_router():
    with door() as room:
        room.lead({"word": "ask", "question": LETTERS})
        guesser, phone = Phone(room.address), Phone(room.address)

        answers = {guesser.ask("GET", f"/{n:08}")[0] for n in range(100)}

        assert answers == {404}
        assert phone.vote(LETTERS, "a")[0] == 200
        assert len(phones.LETTERS) ** 8 / phones.REQUESTS[1] > 50 * 365 * 24 * 3600  # seconds for all of them


def test_one_device_cannot_vote_without_end(room, phone):
    answers = [phone.vote(LETTERS, "ab"[n % 2])[0] for n in range(2 * phones.VOTING[0])]

    assert answers[: phones.VOTING[0]] == [200] * phones.VOTING[0]
    assert answers.count(429) >= phones.VOTING[0] - 10
    assert sum(counted(room)) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="other addresses of this machine are those of Linux")
def test_one_address_does_not_fill_the_room():
    with door() as room:
        room.lead({"word": "ask", "question": LETTERS})
        greedy = Phone(room.address, source="127.0.0.66")

        answers = []
        for _ in range(phones.COMING[0] + 50):
            greedy.mark = Phone(room.address).mark
            answers.append(greedy.send({})[0])

        assert answers[: phones.COMING[0]] == [200] * phones.COMING[0]
        assert answers.count(429) >= 40
        assert Phone(room.address, source="127.0.0.2").vote(LETTERS, "a")[0] == 200


# -- A process of its own --------------------------------------------------------------------------


def test_it_ends_with_the_one_that_started_it():
    with door() as room:
        process = psutil.Process(room.process.pid)

        room.process.stdin.close()
        process.wait(20)

        assert room.process.poll() == 0


@pytest.mark.slow
def test_it_ends_where_the_demonstration_is_killed():
    code = (
        "from leakyedu.app.voting import Phones\n"
        "room = Phones('127.0.0.1')\n"
        "print(room.process.pid, flush=True)\n"
        "input()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", code], **pipes) as demonstration:
        process = psutil.Process(int(demonstration.stdout.readline()))

        demonstration.kill()
        _, alive = psutil.wait_procs([process], timeout=20)

    assert alive == []


def test_what_was_cut_off_is_said():
    with door() as room:
        room.lead({"word": "ask", "question": LETTERS})
        room.process.kill()
        room.process.wait(20)

        assert room.lead({"word": "look"})["error"].startswith("The phones are cut off")


def test_an_answer_that_ends_in_the_middle_is_said_as_none():
    with door() as room, pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "_line", Phones._line.__get__(SimpleNamespace(process=HALF)))

        assert room.lead({"word": "look"})["error"].startswith("The phones are cut off")


HALF = SimpleNamespace(stdout=io.StringIO('{"phones": 1'))


def test_an_address_that_is_none_of_this_machine_is_named():
    with pytest.raises(OSError, match=r"^Nothing can be opened at 192\.0\.2\.1: "):
        Phones("192.0.2.1")


def test_it_listens_at_the_one_address_alone(opened):
    host, port = re.match(r"http://([^:]+):(\d+)", opened.address).groups()

    listening = [
        tuple(line.laddr)
        for line in psutil.Process(opened.process.pid).net_connections("inet")
        if line.status == "LISTEN"
    ]

    assert listening == [(host, int(port))]


def test_the_addresses_that_a_teacher_is_offered_are_those_of_networks():
    assert not any(address.startswith(("127.", "169.254.")) for address in networks())


def test_it_knows_nothing_of_the_notebook_server(monkeypatch):
    monkeypatch.setenv("JUPYTER_TOKEN", "a secret")
    with door() as room:
        process = psutil.Process(room.process.pid)

        assert "a secret" not in str(process.environ())
        assert process.cmdline()[1:] == ["-m", "leakyedu.app.phones", "127.0.0.1"]
        assert "torch" not in " ".join(mapped.path for mapped in process.memory_maps())
        assert "jupyter" not in " ".join(mapped.path for mapped in process.memory_maps())


def test_a_module_of_the_folder_in_which_a_teacher_stands_is_not_run(tmp_path, monkeypatch):
    (tmp_path / "tornado.py").write_text("raise SystemExit")
    monkeypatch.chdir(tmp_path)

    with door() as room:
        assert room.address


# -- What is on the wall ---------------------------------------------------------------------------


def test_the_picture_is_the_address_to_a_decoder_and_holds_no_token(opened, tmp_path):
    import segno

    segno.make(opened.address, error="m").save(str(tmp_path / "code.png"), scale=5, border=4)

    (read,) = zxingcpp.read_barcodes(Image.open(tmp_path / "code.png"))

    assert read.text == opened.address
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[a-z2-9]{8}", read.text)
    assert opened.code.startswith("data:image/svg+xml")


def test_each_room_has_a_code_of_its_own(opened):
    with door() as other:
        assert other.address[-8:] != opened.address[-8:]


# -- What is written where -------------------------------------------------------------------------


@pytest.fixture
def homes(tmp_path, monkeypatch):
    """Let everything that is written anywhere go to folders that are looked at."""
    folders = [tmp_path / name for name in ("home", "tmp", "here", "progress")]
    for folder, name in zip(folders, ["HOME", "TMPDIR", "PWD", "LEAKYEDU_HOME"], strict=True):
        folder.mkdir()
        monkeypatch.setenv(name, str(folder))
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def hold_a_vote(room: Phones) -> Phone:
    room.lead({"word": "ask", "question": LETTERS})
    phone = Phone(room.address)
    phone.vote(LETTERS, "b")
    phone.send(GOOD | {"vote": "<b>"})
    phone.ask("GET", "/not/there")
    wire(room, b"no HTTP\r\n\r\n")
    room.lead({"word": "show"})
    return phone


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="open files are read from /proc")
def test_nothing_is_written_by_itself(homes, capfd):
    with door() as room:
        hold_a_vote(room)
        process = psutil.Process(room.process.pid)
        written = [file.path for file in process.open_files() if file.mode != "r"]

    assert files(homes) == []
    assert written == []
    assert capfd.readouterr() == ("", "")


def test_what_a_teacher_saves_holds_counts_and_nothing_of_a_phone(homes):
    saved = homes / "votes.json"
    with door(saved=saved) as room:
        phone = hold_a_vote(room)

        written = saved.stat().st_mtime_ns
        room.lead({"word": "look"})

    assert files(homes) == ["votes.json"]
    assert saved.stat().st_mtime_ns == written, "the wall looks all the time"
    text = saved.read_text()
    ((first,),) = (question["rounds"] for question in json.loads(text))
    assert first["picture"] == [0, 1, 0]
    assert phone.mark not in text
    assert phone.source not in text
    if os.name == "posix":
        assert saved.stat().st_mode & 0o777 == 0o600


def test_the_votes_of_two_classes_go_into_two_files(homes):
    with door(saved=homes / "votes.json") as room:
        hold_a_vote(room)
        first = (homes / "votes.json").read_text()
        room.lead({"word": "forget"})
        hold_a_vote(room)

    assert files(homes) == ["votes.json", "votes_class.json"]
    assert (homes / "votes.json").read_text() == first


def test_where_the_votes_cannot_be_saved_the_wall_says_so(homes):
    with door(saved=homes / "no" / "folder") as room:
        room.lead({"word": "ask", "question": LETTERS})

        told = room.lead({"word": "show"})

    assert told["error"].startswith("The votes are not saved: ")
    assert told["shown"]
