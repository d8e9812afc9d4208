"""Whoever takes notifications: a web server and a mail server of others, on loopback, that keep what they got."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword


class WebServer:
    """Answers with ``statuses`` one after the other, with the last one for ever; hangs where one is 0."""

    def __init__(self, statuses: Sequence[int] = (200,)) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.arrived = threading.Condition()
        self.release = threading.Event()
        self._statuses = list(statuses)
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.arrived:
                    status = receiver._statuses[min(len(receiver.got), len(receiver._statuses) - 1)]
                    receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                    receiver.arrived.notify_all()
                if not status:
                    receiver.release.wait(60)
                    return
                self.send_response(status)
                self.end_headers()
                self.wfile.write(b"as you wish" if status < 300 else b"out of order")

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    def wait(self, count: int) -> None:
        """Return when so many requests have come."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.got) >= count, 30)

    @contextmanager
    def running(self) -> Iterator[WebServer]:
        thread = threading.Thread(target=self._server.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            self.release.set()
            self._server.shutdown()
            thread.join()
            self._server.server_close()


class MailServer:
    """Keeps every mail with whom it is for; ``refuses`` is its answer to who begins with ``whom``, "" for nobody."""

    def __init__(self, refuses: str = "", whom: str = "") -> None:
        self.got: list[tuple[list[str], EmailMessage]] = []
        self.logins: list[tuple[str, str]] = []
        self.refuses, self.whom = refuses, whom
        self.port = 0

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Envelope, to: str, _: Any) -> str:  # noqa: N802
        if self.refuses and to.startswith(self.whom):
            return self.refuses
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.got.append((envelope.rcpt_tos, mail))
        return "250 Taken"

    def check(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password == b"sesame", handled=False)

    @contextmanager
    def running(self, certificate: trustme.LeafCert | None = None) -> Iterator[MailServer]:
        """With a certificate only those who begin TLS and log in may send."""
        options: dict[str, Any] = {}
        if certificate is not None:
            tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            certificate.configure_cert(tls)
            options = {"tls_context": tls, "require_starttls": True, "auth_required": True, "authenticator": self.check}
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        controller = Controller(self, hostname="127.0.0.1", port=self.port, **options)
        controller.start()
        try:
            yield self
        finally:
            controller.stop()
