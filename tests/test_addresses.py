"""The weekly check of addresses, asked against a server of our own."""

import http.server
import threading

import pytest

from tests import addresses


@pytest.fixture
def server():
    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(int(self.path.strip("/")))
            self.end_headers()

        def log_message(self, *_):
            """Be silent."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "gone"), [(200, False), (403, False), (429, False), (404, True), (410, True)]
)
def test_a_page_is_gone_if_its_server_says_so(server, status, gone):
    why = addresses.fault(f"{server}/{status}")

    assert bool(why) is gone
    assert str(status) in why or not gone


def test_a_server_that_is_not_there_has_no_page():
    assert "refused" in addresses.fault("http://127.0.0.1:9/")


def test_each_address_is_asked_once_and_without_what_stands_around_it():
    found = addresses.addresses()

    assert "https://doi.org/10.3390/s22072808" in found
    assert len(found) == len(set(found)) > 20
    assert [x for x in found if x.endswith((".", ",", ")", '"'))] == []
