"""The notebook server's connection to a kernel, which sends small messages at once.

A moved slider makes the kernel send "busy" and then a new picture. With Nagle's algorithm on, as the
server leaves it, the picture waits until the browser has acknowledged "busy", which browsers put off by
40 ms. ``leakyedu lab`` names this class to its own server; installing the package changes no other one.

Source: Tornado, ``WebSocketHandler.set_nodelay``.
"""

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class PromptConnection(ZMQChannelsWebsocketConnection):
    """A connection that holds nothing back."""

    def connect(self):
        """Connect as ever, after telling the socket not to wait."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()
