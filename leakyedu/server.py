"""What ``leakyedu lab`` adds to the notebook server: pictures at once, and notebooks that are always whole.

A moved slider makes the kernel send "busy" and then a new picture. With Nagle's algorithm on, as the
server leaves it, the picture waits until the browser has acknowledged "busy", which browsers put off by
40 ms.

To save a notebook, the server copies the old one to ``.~name.ipynb`` and then writes over ``name.ipynb``.
Where it is killed in between, or the disk becomes full with the last bytes, half a notebook is left under
the name. Here a whole new file takes the place of the old one.

``leakyedu lab`` names these classes to its own server; installing the package changes no other one.

Source: Tornado, ``WebSocketHandler.set_nodelay``; ``jupyter_server.services.contents.fileio``.
"""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


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
        part = target.with_name(f".{target.name}.{os.getpid()}.part")
        how = {"mode": "w", "encoding": encoding, "newline": "\n"} if text else {"mode": "wb"}
        with self.perm_to_403(os_path):
            if target.exists() and not os.access(target, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))
            try:
                with part.open(**how | options) as file:
                    yield file
                    file.flush()
                    os.fsync(file.fileno())
                if target.exists():
                    shutil.copymode(target, part)
                os.replace(part, target)
            finally:
                part.unlink(missing_ok=True)
