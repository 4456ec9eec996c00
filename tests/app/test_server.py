"""The notebook server: its connection holds nothing back, and its files are whole at every moment."""

import asyncio
import os
import socket
import stat
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from jupyter_server.auth import PasswordIdentityProvider
from jupyter_server.serverapp import ServerApp
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application, HTTPError
from tornado.websocket import WebSocketHandler, websocket_connect

from leakyedu.app.server import LessonServer, PromptConnection, WholeFiles
from tests.stranger import stranger


def test_a_connection_tells_its_socket_to_wait_for_nothing(monkeypatch):
    monkeypatch.setattr(ZMQChannelsWebsocketConnection, "connect", lambda self: "connected")
    seen = []

    class Handler(WebSocketHandler):
        def open(self):
            connection = PromptConnection.__new__(PromptConnection)
            monkeypatch.setattr(PromptConnection, "websocket_handler", self)
            option = socket.IPPROTO_TCP, socket.TCP_NODELAY
            before = self.ws_connection.stream.socket.getsockopt(*option)
            result = connection.connect()
            seen.extend([before, result, self.ws_connection.stream.socket.getsockopt(*option)])
            self.close()

    async def connect():
        sock, port = bind_unused_port()
        server = HTTPServer(Application([("/", Handler)]))
        server.add_sockets([sock])
        client = await websocket_connect(f"ws://127.0.0.1:{port}/")
        await client.read_message()  # None: the server has closed it
        client.close()
        server.stop()

    # On a thread of its own: playwright's loop may be running on this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, connect()).result(20)

    before, result, after = seen
    assert not before
    assert result == "connected"
    assert after


def test_before_a_browser_is_opened_the_address_is_said_for_one_that_cannot_read_our_page(
    monkeypatch, capsys
):
    monkeypatch.setattr(ServerApp, "launch_browser", lambda _: print("the browser"))
    server = LessonServer(ip="127.0.0.1", port=8123, default_url="/lab/tree/00_start_here.ipynb")
    server.identity_provider = PasswordIdentityProvider(parent=server, token="secret")

    server.launch_browser()

    address = "http://127.0.0.1:8123/lab/tree/00_start_here.ipynb?token=secret"
    assert capsys.readouterr().out.splitlines() == [
        f"If your browser shows an error, open this address in it: {address}",
        "the browser",
    ]


@pytest.mark.parametrize(("theirs", "interval"), [({}, 0), ({"ws_ping_interval": 30}, 30)])
def test_no_connection_begins_with_a_warning_of_its_pings(monkeypatch, theirs, interval):
    monkeypatch.setattr(ServerApp, "init_webapp", lambda _: None)
    server = LessonServer(tornado_settings=theirs)

    server.init_webapp()

    assert server.tornado_settings["ws_ping_interval"] == interval


def test_the_page_that_leads_a_browser_here_lies_where_a_snap_may_read(monkeypatch, tmp_path):
    """Such a browser reads neither hidden folders of the home nor any outside of it."""
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    lessons = tmp_path / "leakyedu-lessons"
    lessons.mkdir()
    server = LessonServer(root_dir=str(lessons), runtime_dir=str(tmp_path / ".local"), open_browser=True)

    assert Path(server.browser_open_file).parent == lessons
    assert not Path(server.browser_open_file).name.startswith(".")


# -- Files ---------------------------------------------------------------------------------------------------

OLD, NEW = "old\n" * 20_000, "new\n" * 30_000


@pytest.fixture
def notebook(tmp_path):
    (tmp_path / "lesson.ipynb").write_text(OLD)
    return tmp_path / "lesson.ipynb"


@pytest.fixture
def files(tmp_path):
    return WholeFiles(root_dir=str(tmp_path))


def save(files, path, text=NEW):
    with files.atomic_writing(str(path)) as file:
        file.write(text)


def test_a_saved_file_is_the_new_one_and_nothing_stays_beside(files, notebook):
    save(files, notebook)

    assert notebook.read_text() == NEW
    assert list(notebook.parent.iterdir()) == [notebook]


def test_a_file_that_was_not_there_is_written(files, tmp_path):
    save(files, tmp_path / "another.ipynb")

    assert (tmp_path / "another.ipynb").read_text() == NEW


def test_bytes_are_written_as_they_are(files, notebook):
    with files.atomic_writing(str(notebook), text=False) as file:
        file.write(b"a\r\nb")

    assert notebook.read_bytes() == b"a\r\nb"


def test_a_save_that_fails_leaves_the_old_file_and_nothing_beside(files, notebook):
    with pytest.raises(UnicodeEncodeError):
        save(files, notebook, NEW + "\ud800")

    assert notebook.read_text() == OLD
    assert list(notebook.parent.iterdir()) == [notebook]


KILLED = """
import os, signal, sys
from leakyedu.app.server import WholeFiles
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

OLD, path = "old\\n" * 20_000, sys.argv[1]
for manager in (WholeFiles, AsyncLargeFileManager):
    files = manager(root_dir=os.path.dirname(path))
    for lines in (0, 1, 1_000, 10_000, 30_000):
        open(path, "w").write(OLD)
        child = os.fork()
        if child == 0:
            with files.atomic_writing(path) as file:
                file.write("new\\n" * lines)
                file.flush()
                os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(child, 0)
        print(manager.__name__, open(path).read() == OLD)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="nobody is killed by a signal there")
def test_a_server_killed_while_it_saves_leaves_the_old_file(notebook):
    command = [sys.executable, "-c", KILLED, notebook]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()

    ours, stock = (told.count(f"{name} False") for name in ("WholeFiles", "AsyncLargeFileManager"))
    print(f"\n5 kills while a file is saved: {ours} spoilt, and {stock} by the stock server")
    assert told[:5] == ["WholeFiles True"] * 5
    assert stock == 5, "the stock server keeps files whole now: WholeFiles may go"


def test_a_link_to_a_file_elsewhere_stays_a_link(files, notebook, tmp_path):
    (tmp_path / "link.ipynb").symlink_to(notebook)

    save(files, tmp_path / "link.ipynb")

    assert (tmp_path / "link.ipynb").is_symlink()
    assert notebook.read_text() == NEW


def test_who_may_read_a_file_may_read_it_after_a_save(files, notebook):
    notebook.chmod(0o640)

    save(files, notebook)

    assert stat.S_IMODE(notebook.stat().st_mode) == 0o640


@pytest.mark.skipif(sys.platform == "win32", reason="files have no permission bits there")
def test_another_user_cannot_read_a_closed_notebook_while_it_is_saved():
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders are closed to others altogether
        os.chmod(folder, 0o755)
        path = os.path.join(folder, "lesson.ipynb")
        Path(path).write_text(OLD)
        os.chmod(path, 0o600)
        code = f"""
            for name in os.listdir({folder!r}):
                try:
                    print(open(os.path.join({folder!r}, name)).read(), end=" ")
                except PermissionError:
                    print("refused", end=" ")
        """

        with WholeFiles(root_dir=folder).atomic_writing(path) as file:
            file.write("secret")
            file.flush()
            with stranger(code) as told:
                assert told == "refused refused "


def close(path, monkeypatch):
    """Let nobody write to a path: root may write anywhere, so the question is answered in its place."""
    access = os.access
    monkeypatch.setattr(
        os,
        "access",
        lambda asked, mode: not (str(asked) == str(path) and mode == os.W_OK) and access(asked, mode),
    )


def test_a_file_that_is_closed_is_refused(files, notebook, monkeypatch):
    close(notebook, monkeypatch)

    with pytest.raises(HTTPError, match="Permission denied"):
        save(files, notebook)

    assert notebook.read_text() == OLD


def test_an_open_file_in_a_closed_folder_is_written_in_its_place(files, notebook, monkeypatch):
    close(notebook.parent, monkeypatch)
    same = notebook.stat().st_ino

    save(files, notebook)

    assert (notebook.read_text(), notebook.stat().st_ino) == (NEW, same)
