"""The server's connection: what it adds to Jupyter's own."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application
from tornado.websocket import WebSocketHandler, websocket_connect

from leakyedu.server import PromptConnection


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
