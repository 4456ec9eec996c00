"""What our two servers answer to whom: their own pages, pages of others, others on this machine."""

import asyncio
import http.client
import json
import os
import re
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlsplit

import matplotlib
import psutil
import pytest
import voila
import zmq
from jinja2 import DictLoader, Environment
from jupyter_client import BlockingKernelClient
from tornado.httpclient import HTTPClientError
from tornado.websocket import websocket_connect

from leakyedu.app import own_site
from leakyedu.app.demo import APART
from tests.apart import apart
from tests.browser.server import running

pytestmark = pytest.mark.slow
LESSON = "04_one_euler_step.ipynb"
SECRET = "what a learner wrote"
START = "from leakyedu.app.cli import main\nmain()\n"
# Whose folder one works in may be somebody else's.
SETTINGS = ("voila.py", "jupyter_config.py", "jupyter_server_config.py", "jupyter_lab_config.py")


class Server(NamedTuple):
    folder: Path
    host: str
    token: str
    cookies: str = ""

    def ask(self, line: str, **headers: str) -> tuple[int, http.client.HTTPMessage, str]:
        """Send one request, follow nothing, and return status, headers and text of the answer."""
        method, path = line.split(" ", 1)
        connection = http.client.HTTPConnection(self.host, timeout=60)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=names, body="{}" if method == "POST" else None)
        answer = connection.getresponse()
        # An answer to a websocket never ends.
        text = "" if answer.status == 101 else answer.read().decode(errors="replace")
        answer.close()
        connection.close()
        return answer.status, answer.headers, text

    def kernels(self) -> set[str]:
        """Return the ids of its kernels, as they stand in the list of processes."""
        lines = [" ".join(process.cmdline()) for process in psutil.Process().children(recursive=True)]
        return set(
            re.findall(rf"ipykernel_launcher -f {self.folder}\S*/kernel-([\w-]+)\.json", "\n".join(lines))
        )

    def connections(self) -> list[Path]:
        return [path for path in self.folder.rglob("kernel-*.json") if "jpserver" not in path.name]


@contextmanager
def started(*arguments: str) -> Iterator[Server]:
    """Run the command in a folder into which others can look, with what others have put there."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)
        for place in ("work", "tmp"):
            (folder / place).mkdir()
        for settings in SETTINGS:
            (folder / "work" / settings).write_text(f"open({str(folder / settings)!r}, 'w').close()")
        # An extension that the person's own settings ask for, and no lesson needs.
        (folder / "stranger.py").write_text(f"open({str(folder / 'stranger')!r}, 'w').close()")
        (folder / "work/settings").mkdir()
        (folder / "work/settings/jupyter_server_config.json").write_text(
            json.dumps({"ServerApp": {"jpserver_extensions": {"stranger": True, "nbgitpuller": True}}})
        )
        # A program of its own: with -m, Python itself would run what lies in the folder.
        (folder / "start.py").write_text(START)
        (folder / "browser").write_text("#!/bin/sh\nsleep 10\n")
        (folder / "browser").chmod(0o755)
        environment = {**os.environ, "TMPDIR": str(folder / "tmp"), "BROWSER": str(folder / "browser")}
        # A home of its own, and no font cache that would have to be made in it first.
        environment |= {"HOME": str(folder / "work"), "MPLCONFIGDIR": matplotlib.get_configdir()}
        modules = [str(folder), str(Path(own_site.__file__).parents[2])]
        environment["PYTHONPATH"] = os.pathsep.join(modules)
        with running(
            folder / "work",
            *arguments,
            program=[sys.executable, folder / "start.py"],
            environment=environment,
        ) as address:
            token = re.search(r"\?token=(\w+)", address)[1]
            server = Server(folder, urlsplit(address).netloc, token)
            _, headers, _ = server.ask("GET /login", Authorization=f"token {token}")
            cookies = [cookie.partition(";")[0] for cookie in headers.get_all("Set-Cookie")]
            yield server._replace(cookies="; ".join(cookies))


@pytest.fixture(scope="module")
def lab():
    with started("lab", "lessons", "--port", "0") as server:
        yield server


@pytest.fixture(scope="module")
def demo():
    with started("demo", "4", "--port", "0") as server:
        while not server.kernels():
            time.sleep(0.1)
        yield server


@pytest.fixture(params=["lab", "demo"])
def server(request):
    return request.getfixturevalue(request.param)


# -- Routes ----------------------------------------------------------------------------------------

NO_KERNEL = "/api/kernels/00000000-0000-0000-0000-000000000000"
# What is answered: without a token, and with it. Scripts and styles of Jupyter are public.
ROUTES = {
    "lab": {
        "GET /": (302, 302),
        "GET /lab/tree/00_start_here.ipynb": (302, 200),
        "GET /login": (200, 302),
        "GET /files/00_start_here.ipynb": (302, 200),
        "GET /nbconvert/html/00_start_here.ipynb": (302, 200),
        "GET /view/00_start_here.ipynb": (302, 200),
        "GET /api/contents": (403, 200),
        "GET /api/sessions": (403, 200),
        "GET /api/kernels": (403, 200),
        "POST /api/kernels": (403, 201),
        f"GET {NO_KERNEL}/channels": (403, 404),
        "GET /lsp/status": (403, 200),
        "GET /api/terminals": (403, 200),
        "GET /lab/api/settings": (403, 200),
        "GET /static/favicon.ico": (200, 200),
        "GET /nothing": (404, 404),
        # Of extensions that are installed here, and that no lesson needs.
        f"GET /voila/render/{LESSON}": (404, 404),
        f"GET /voila/files/{LESSON}": (404, 404),
        "GET /git-pull": (404, 404),
    },
    "demo": {
        "GET /": (302, 200),
        f"GET /voila/render/{LESSON}": (302, 200),
        "GET /voila/render/nothing.ipynb": (302, 404),
        "GET /login": (200, 302),
        "GET /voila/tree": (404, 404),
        "GET /voila/api/contents": (404, 404),
        "GET /voila/files/secret.png": (404, 404),
        f"GET /voila/query/{NO_KERNEL[13:]}": (404, 404),
        f"GET {NO_KERNEL}": (403, 404),
        f"DELETE {NO_KERNEL}": (403, 404),
        f"GET {NO_KERNEL}/channels": (403, 404),
        f"POST /voila/api/shutdown/{NO_KERNEL[13:]}": (403, 404),
        "GET /voila/static/favicon.ico": (200, 200),
        "GET /voila/templates/lab/static/voila.js": (200, 200),
        "GET /voila/api/themes/nothing": (404, 404),
        "GET /nothing": (404, 404),
    },
}


def who_asks(server: Server) -> dict[str, dict[str, str]]:
    """Return the headers of who may ask: but for the first two, a browser in which a person is logged in."""
    in_browser = {"Cookie": server.cookies}
    port = server.host.partition(":")[2]
    return {
        "no token": {},
        "token": {"Authorization": f"token {server.token}"},
        "other site": in_browser | {"Sec_Fetch_Site": "cross-site"},
        "other port": in_browser | {"Sec_Fetch_Site": "same-site"},
        "other origin": in_browser | {"Origin": "http://evil.example"},
        "no origin": in_browser | {"Origin": "null"},
        "other host": in_browser | {"Host": f"evil.example:{port}"},
        "other host, token": {"Authorization": f"token {server.token}", "Host": f"evil.example:{port}"},
    }


@pytest.mark.parametrize("name", ROUTES)
def test_each_route_answers_whom_it_knows_and_no_page_of_others(request, name):
    server = request.getfixturevalue(name)
    who = who_asks(server)
    (next((server.folder / "tmp").glob("leakyedu_*"), server.folder) / "secret.png").write_text(SECRET)

    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13"}
    upgrade["Sec_WebSocket_Key"] = "dGhlIHNhbXBsZSBub25jZQ=="
    answers = {}
    for route in ROUTES[name]:
        extra = upgrade if route.endswith("/channels") or "/query/" in route else {}
        answers[route] = {kind: server.ask(route, **headers, **extra)[0] for kind, headers in who.items()}

    print(f"\n{name:<74}" + " ".join(f"{kind:>10}" for kind in who))
    for route, row in answers.items():
        print(f"{route:<74}" + " ".join(f"{row[kind]:>10}" for kind in who))
    assert {route: (row["no token"], row["token"]) for route, row in answers.items()} == ROUTES[name]
    strangers = {status for row in answers.values() for status in list(row.values())[2:]}
    assert strangers == {403}


def test_nobody_without_a_token_is_led_anywhere_but_to_the_login(server):
    for route in (f"GET /voila/render/{LESSON}", "GET /lab", "GET /api/contents"):
        status, headers, text = server.ask(route)

        assert status in (403, 404) or headers["Location"].startswith("/login?next=")
        assert SECRET not in text
        assert server.token not in text


@pytest.mark.parametrize(
    ("line", "change", "status"),
    [
        ("GET /?token={token}", {}, 200),
        ("GET /?token=wrong", {}, 403),
        ("GET /?token=", {}, 403),
        ("GET /", {}, 403),
        ("POST /?token={token}", {}, 403),
        ("GET /?token={token}", {"Sec_Fetch_Dest": "iframe"}, 403),
        ("GET /?token={token}", {"Sec_Fetch_Mode": "no-cors"}, 403),
        ("GET /?token={token}", {"Origin": "null"}, 403),
        ("GET /?token={token}", {"Host": "evil.example"}, 403),
    ],
)
def test_a_page_of_another_site_leads_here_with_the_token_alone(server, line, change, status):
    from_a_file = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}

    answer, headers, text = server.ask(line.format(token=server.token), **from_a_file | change)

    assert answer == status
    assert ("location.replace(" in text) is (status == 200)
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_this_machine_may_be_asked_for_by_each_of_its_names(server, name):
    host = f"{name}:{server.host.partition(':')[2]}"

    own = server.ask("GET /login", Host=host, Sec_Fetch_Site="same-origin", Origin=f"http://{host}")
    other = server.ask("GET /login", Host=host, Sec_Fetch_Site="same-origin", Origin=f"http://{name}:1")

    assert (own[0], other[0]) == (200, 403)


def test_cookies_stay_on_our_pages_and_the_key_is_out_of_reach_of_scripts(server):
    _, headers, _ = server.ask("GET /login", Authorization=f"token {server.token}")
    _, form, _ = server.ask("GET /login")

    cookies = [*headers.get_all("Set-Cookie"), *form.get_all("Set-Cookie")]
    assert {"username", "_xsrf"} <= {re.match("_?[a-z]+", cookie)[0] for cookie in cookies}
    assert [cookie for cookie in cookies if "SameSite=Strict" not in cookie] == []
    # JupyterLab's scripts read this one. It opens nothing by itself.
    assert [c for c in cookies if "HttpOnly" not in c and not c.startswith("_xsrf=")] == []


# -- What stands in an address ---------------------------------------------------------------------

SOURCES = "\n".join(path.read_text("utf-8") for path in Path(voila.__file__).parent.rglob("*.py"))
QUERIES = sorted(
    {
        *re.findall(r"get_(?:query_|body_)?argument\(\s*[\"']([\w-]+)", SOURCES),
        "token",
        "next",
        "password",
        "x",
    }
)
HOSTILE = "JupyterLab\"'><script>alert(1)</script>\r\nx: y<img src=x>{{ 9876 * 5 }}"
UNESCAPED = re.compile(r"<script>alert|<img src=x|Lab\"'|\bx: y|49380")


def test_what_stands_in_an_address_reaches_no_page_of_a_demonstration(demo):
    assert {"theme", "template", "classic-tree"} <= set(QUERIES)
    known = {"Authorization": f"token {demo.token}"}, {"Cookie": demo.cookies}, {}
    pages, kernels, told = ("GET /", f"GET /voila/render/{LESSON}"), demo.kernels(), []

    for route in ROUTES["demo"]:
        for query in QUERIES:
            for headers in known:
                status, answered, text = demo.ask(f"{route}?{query}={quote(HOSTILE)}", **headers)
                found = UNESCAPED.search(f"{answered}{text}")
                told += [(route, query, found[0])] if found else []
                if route in pages and headers and query != "token":
                    assert status == 400, (route, query)

    print(f"\n{len(ROUTES['demo'])} routes x {len(QUERIES)} queries x 3: {len(told)} unescaped")
    assert told == []
    # A token that is wrong beside a cookie that is right is none of our business: that page was shown.
    assert len(demo.kernels() - kernels) <= 2


def test_a_query_is_refused_before_a_kernel_starts(demo):
    kernels, before = demo.kernels(), set()
    while kernels - before:  # the one that follows a page shown before this test
        time.sleep(APART + 1)
        before, kernels = kernels, demo.kernels()

    status, _, _ = demo.ask("GET /voila/render/01_a_leaky_bucket.ipynb?theme=dark", Cookie=demo.cookies)
    time.sleep(1)

    assert status == 400
    assert demo.kernels() <= before


@pytest.mark.parametrize(
    ("text", "marked"),
    [("<script>", True), ('<script type="module" src="x">', True), ("<SCRIPTS>", False), ("{{ x }}", False)],
)
def test_a_script_of_a_template_may_run_and_one_of_a_value_may_not(text, marked):
    environment = Environment(loader=DictLoader({"page": text}), extensions=[own_site.Nonces])

    page = environment.get_template("page").render(x="<script>alert(1)</script>")

    assert (f'<script nonce="{own_site.NONCE}"' in page) is marked
    assert page.replace(f' nonce="{own_site.NONCE}"', "") == text.replace(
        "{{ x }}", "<script>alert(1)</script>"
    )


def test_each_answer_says_which_scripts_may_run_and_who_may_frame_it(server):
    for route in ("GET /login", "GET /nothing", "GET /api/kernels/x"):
        _, headers, _ = server.ask(route)

        policies = "; ".join(headers.get_all("Content-Security-Policy"))
        assert "frame-ancestors 'self'" in policies
        (scripts,) = re.findall(r"script-src ([^;]*)", policies)
        assert re.fullmatch(r"'self' 'nonce-[\w-]{22}' 'unsafe-eval' blob:", scripts)


# -- Others on this machine ------------------------------------------------------------------------


def opened(demo: Server) -> str:
    """Open the lesson as a teacher does, with the token in the address; return the id of its kernel."""
    _, _, page = demo.ask(f"GET /voila/render/{LESSON}?token={demo.token}")
    return re.search(r'"kernelId": "([\w-]+)"', page)[1]


def test_who_knows_the_id_of_a_kernel_is_not_told_the_address_of_its_page(demo):
    kernel = opened(demo)

    async def listen() -> str:
        try:
            socket = await websocket_connect(f"ws://{demo.host}/voila/query/{kernel}", connect_timeout=20)
        except HTTPClientError as error:
            return str(error)
        return await asyncio.wait_for(socket.read_message(), 20)

    said = apart(asyncio.run, listen())

    assert kernel in demo.kernels()  # anybody may read it there
    assert demo.token not in said
    assert "404" in said


def test_settings_in_the_working_folder_are_not_run(server):
    assert [name for name in SETTINGS if (server.folder / name).exists()] == []


def test_an_extension_that_the_settings_ask_for_is_not_loaded(server):
    assert not (server.folder / "stranger").exists()


def hear(port: int, work) -> tuple[str, list[bytes]]:
    """Listen without a key to what a kernel says while it works; return what the work got, and what came."""
    with zmq.Context() as context, context.socket(zmq.SUB) as stranger:
        stranger.subscribe(b"")
        stranger.connect(f"tcp://127.0.0.1:{port}")
        time.sleep(0.5)
        result, heard = work(), []
        while stranger.poll(1000):
            heard += stranger.recv_multipart()
        return result, heard


def test_others_on_this_machine_do_not_hear_a_kernel(server):
    if "demo" not in str(server.connections()) and not server.connections():
        server.ask("POST /api/kernels", Authorization=f"token {server.token}")
    file = server.connections()[0]
    connection = json.loads(file.read_text())
    client = BlockingKernelClient(connection_file=str(file))
    client.load_connection_file()
    client.start_channels()

    def work() -> str:
        said = []
        client.wait_for_ready(timeout=60)
        client.execute_interactive(
            f"print({SECRET!r})", timeout=60, output_hook=lambda message: said.append(message["content"])
        )
        return str(said)

    try:
        got, heard = hear(connection["iopub_port"], work)
    finally:
        client.stop_channels()
    assert SECRET in got
    assert connection.get("curve_secretkey")
    assert heard == []


def test_a_kernel_that_cannot_be_hidden_is_said_and_starts_all_the_same(monkeypatch, tmp_path, capsys):
    from jupyterlab.labapp import LabApp

    from leakyedu.app import cli

    calls = []
    monkeypatch.setattr(LabApp, "launch_instance", lambda argv: calls.append(argv))
    monkeypatch.setattr(zmq, "has", lambda feature: feature != "curve")

    cli.main(["lab", str(tmp_path / "lessons")])

    assert "--KernelManager.transport_encryption=auto" in calls[0]
    assert f"{cli.PIP} install --upgrade ipykernel jupyter_client pyzmq" in capsys.readouterr().out


def with_the_token(server: Server) -> list[Path]:
    """Return the files that hold the token of a server."""
    files = [path for path in server.folder.rglob("*") if path.is_file()]
    return [path for path in files if server.token in path.read_text(errors="replace")]


@pytest.mark.skipif(sys.platform == "win32", reason="files have no modes there")
def test_who_started_a_server_alone_reads_the_files_with_its_token(server):
    for _ in range(100):  # the browser is opened after the address has been said
        if files := with_the_token(server):
            break
        time.sleep(0.1)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in files}
    # The page for the browser lies where any browser can read it.
    hidden = [path.parent for path in files if not path.name.endswith("open.html")]
    folders = {folder.name: stat.S_IMODE(folder.stat().st_mode) & 0o777 for folder in hidden}

    print("\n", {name: oct(mode) for name, mode in (modes | folders).items()})
    assert any(name.endswith("open.html") for name in modes)
    assert set(modes.values()) == {0o600}
    assert set(folders.values()) <= {0o700}


STRANGER = """
import os, sys
from pathlib import Path

folder, token = sys.stdin.read().split()  # or the token would stand in the line of this process
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
found, read = 0, []
processes = [path / name for path in Path("/proc").glob("[0-9]*") for name in ("cmdline", "environ")]
for path in [*Path(folder).rglob("*"), *processes]:
    try:
        found += token.encode() in path.read_bytes()
    except OSError:
        continue
    read.append(path.name)
print(found, len(read), "cmdline" in read, "start.py" in read)
"""


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() != 0, reason="only root can become a second user")
def test_a_second_user_finds_the_token_in_no_file_and_in_no_list_of_processes(server):
    command = [sys.executable, "-c", STRANGER]
    told = f"{server.folder} {server.token}"

    said = subprocess.run(command, input=told, capture_output=True, text=True, check=True, cwd="/")

    found, read, *looked = said.stdout.split()
    print(f"\nuid 65534 read {read} files and lines of processes: the token stood in {found}")
    assert found == "0"
    assert looked == ["True", "True"]  # of the processes, and of the folder, into which he may look
