"""What keeps the pages of others out of a server that we start: it answers its own pages alone.

Whatever page a browser shows may send it to this machine, by a link, a frame, a form or a script, and the
cookie of our server may come along. So :func:`guard` looks at each request before any handler does:

==================  =====================================  ================================================
header              what it tells                          what is answered
==================  =====================================  ================================================
``Host``            the name that the browser asked for    a name of this machine: no name of somebody else's
                                                           that leads here
``Origin``          where the page stands that sent it     the very address of ``Host``, or nothing
``Sec-Fetch-Site``  the same, seen from here               this server, or nobody: an address that was typed
==================  =====================================  ================================================

A program that is no browser sends none of the last two, and needs the token as ever. A cookie is sent along
with our own pages' requests alone, and a script runs that a file of this server or a template holds, never
one that came with an address, a notebook or an answer.

One page from elsewhere may lead here: the file on which a browser is opened. It knows the token. Its request
is answered by a step to the same address, or the browser would count each reload as sent by that file.

Source: W3C, *Fetch Metadata Request Headers*; *Content Security Policy Level 3*, section 7.2.
"""

import hmac
import re
import secrets
from collections.abc import Collection

from jinja2 import Environment
from jinja2.ext import Extension
from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.web import Application, ErrorHandler, OutputTransform, RequestHandler

NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
# One for all pages of a server: Voila writes a page before anybody asks for it. Nobody else can read one.
NONCE = secrets.token_urlsafe(16)
# JupyterLab checks its settings by functions that it makes of text; a widget's module is a blob.
POLICY = (
    f"script-src 'self' 'nonce-{NONCE}' 'unsafe-eval' blob:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'self'"
)


class Nonces(Extension):
    """Marks each script that a template itself holds as one that may run."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Mark them before a value is put in."""
        return re.sub(r"<script\b", f'<script nonce="{NONCE}"', source)


class _Policy(OutputTransform):
    """Tells the browser with each answer which scripts may run. It adds to a handler's own policy."""

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        headers.add("Content-Security-Policy", POLICY)
        return status_code, headers, chunk


class _Refusal(ErrorHandler):
    def write_error(self, status_code: int, **_) -> None:
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish("Another page led here. Put the address from the terminal into the address bar.\n")


class _Arrival(RequestHandler):
    def get(self) -> None:
        step = "location.replace(location.pathname + location.search)"
        self.finish(f'<!DOCTYPE html><script nonce="{NONCE}">{step}</script>')


def guard(application: Application, names: Collection[str] | None = NAMES) -> None:
    """Let an application with an identity provider of Jupyter answer its own pages alone.

    Args:
        application: with all templates in its settings.
        names: those of this machine; None for a server that listens to others, and has any name.
    """
    settings, find = application.settings, application.find_handler
    identity = settings["identity_provider"]
    identity.cookie_options = {**identity.cookie_options, "samesite": "Strict", "httponly": True}
    # This one is no key, and JupyterLab's scripts read it.
    settings["xsrf_cookie_kwargs"] = {**settings.get("xsrf_cookie_kwargs", {}), "samesite": "Strict"}
    for environment in settings.values():
        if isinstance(environment, Environment):
            environment.add_extension(Nonces)
    application.add_transform(_Policy)

    def find_own(request: HTTPServerRequest, **options):
        if names is not None and request.host_name not in names:
            return application.get_handler_delegate(request, _Refusal, {"status_code": 403})
        if _is_own(request):
            return find(request, **options)
        if _knows(request, identity.token):
            return application.get_handler_delegate(request, _Arrival)
        return application.get_handler_delegate(request, _Refusal, {"status_code": 403})

    application.find_handler = find_own


def _is_own(request: HTTPServerRequest) -> bool:
    here = (None, f"http://{request.host}", f"https://{request.host}")
    site = request.headers.get("Sec-Fetch-Site", "none")
    return site in ("same-origin", "none") and request.headers.get("Origin") in here


def _knows(request: HTTPServerRequest, token: str) -> bool:
    """Tell whether a browser was sent to an address with the token, to show a page of its own."""
    fetch = [request.headers.get(f"Sec-Fetch-{name}") for name in ("Mode", "Dest")]
    if request.method != "GET" or fetch != ["navigate", "document"] or "Origin" in request.headers:
        return False
    (told,) = request.query_arguments.get("token", [b""])[-1:]
    return bool(token) and hmac.compare_digest(told, token.encode())
