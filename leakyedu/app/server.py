"""The notebook server of ``leakyedu lab``: pictures at once, notebooks always whole, and nobody else's pages.

A moved slider makes the kernel send "busy" and then a new picture. With Nagle's algorithm on, as the
server leaves it, the picture waits until the browser has acknowledged "busy", which browsers put off by
40 ms.

To save a notebook, the server copies the old one to ``.~name.ipynb`` and then writes over ``name.ipynb``.
Where it is killed in between, or the disk becomes full with the last bytes, half a notebook is left under
the name. Here a whole new file takes the place of the old one.

A server loads each extension that is installed beside it, whoever needs it, with all the pages that it adds.
Ours loads those that the lessons need, and answers its own pages alone: see :mod:`leakyedu.app.own_site`.

``leakyedu lab`` starts this server; installing the package changes no other one.

Source: Tornado, ``WebSocketHandler.set_nodelay``; ``jupyter_server.services.contents.fileio``.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import zmq
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from jupyter_server.serverapp import ServerApp
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.utils import url_path_join
from tornado.httputil import url_concat
from traitlets import default

from leakyedu.app import browser, own_site
from leakyedu.teaching.whole_file import whole_file

# The server extensions that the lessons need: JupyterLab, what its page asks for, and the terminal in which a
# learner types `leakyedu lab --fresh 04`. Binder adds its own.
EXTENSIONS = ("jupyterlab", "jupyter_lsp", "jupyter_server_terminals")


class PromptConnection(ZMQChannelsWebsocketConnection):
    """A connection that holds nothing back."""

    def connect(self):
        """Connect as ever, after telling the socket not to wait."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()


class WholeFiles(AsyncLargeFileManager):
    """The learner's files, each of them the old one or the new one at any moment."""

    @contextmanager
    def atomic_writing(
        self, os_path: str, text: bool = True, encoding: str = "utf-8", **options
    ) -> Iterator[IO]:
        """Give a file to write to, which takes its name when it is on the disk as a whole."""
        target = Path(os.path.realpath(os_path))  # a link to a file elsewhere stays a link
        if not (self.use_atomic_writing and os.access(target.parent, os.W_OK)):
            with super().atomic_writing(os_path, text=text, encoding=encoding, **options) as file:
                yield file
            return
        how = {"encoding": encoding, "newline": "\n"} if text else {}
        with self.perm_to_403(os_path):
            if target.exists() and not os.access(target, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))
            with whole_file(target, text=text, **how | options) as file:
                yield file


class LessonServer(ServerApp):
    """A server for the lessons and nothing else."""

    def init_server_extensions(self) -> None:
        """Take the extensions that the lessons need, whatever the environment's settings name."""
        self.jpserver_extensions = dict.fromkeys(EXTENSIONS, True)
        super().init_server_extensions()

    def init_webapp(self) -> None:
        """Make the pages. Nobody pings their connections, each of which would begin with a warning.

        Jupyter and Tornado take the times for different units, so none was ever pinged.
        """
        self.tornado_settings.setdefault("ws_ping_interval", 0)
        super().init_webapp()

    def load_server_extensions(self) -> None:
        """Load them, and then let all pages be asked for by themselves alone."""
        super().load_server_extensions()
        names = None if self.allow_remote_access else {*own_site.NAMES, *self.local_hostnames}
        own_site.guard(self.web_app, names)

    @default("use_redirect_file")
    def _hides_the_token(self) -> bool:
        # From a file the browser comes as from another site, and with a password there is no token to tell.
        return bool(self.identity_provider.token)

    @default("browser_open_file")
    def _readable_for_any_browser(self) -> str:
        place = browser.place_for("open.html", Path(self.root_dir)) if self.open_browser else None
        return str(place or Path(self.runtime_dir, f"jpserver-{os.getpid()}-open.html"))

    def launch_browser(self) -> None:
        """Open a browser, and say what helps where that fails."""
        address = url_path_join(self.connection_url, self.default_url[len(self.base_url) :])
        token = self.identity_provider.token
        address = url_concat(address, {"token": token} if token else {})
        print(f"If your browser shows an error, open this address in it: {address}", flush=True)
        super().launch_browser()

    def write_browser_open_file(self) -> None:
        """Write the file that leads a browser here, for nobody else to read: the token stands in it."""
        browser.write(Path(self.browser_open_file), "")
        super().write_browser_open_file()


def can_encrypt() -> bool:
    """Tell whether what a lesson's kernel sends to the server can be hidden from others on this machine."""
    try:
        kernel = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        return False
    return zmq.has("curve") and "curve" in kernel.metadata.get("supported_encryption", ())
