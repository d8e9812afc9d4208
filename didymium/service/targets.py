"""Where notifications go: the ``targets`` of ``instance.toml``. Secrets stay in the environment."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from didymium.alarms.notice_name import NAME
from didymium.service.errors import BadInstance

ADDRESS: Final = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+")
TLS: Final = ("starttls", "tls", "none")
WEBHOOK_KEYS: Final = ("kind", "url", "secret_env")
SMTP_KEYS: Final = ("kind", "host", "port", "tls", "user", "password_env", "from", "to")
PREFIX: Final = "whsec_"
PORT_OF: Final = {"starttls": 587, "tls": 465, "none": 25}


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """An address that takes JSON; ``secret_env`` names the variable with the secret that signs it, "" for none."""

    name: str
    url: str
    secret_env: str


@dataclass(frozen=True, slots=True)
class SmtpTarget:
    """A mail server and who gets the mail; ``password_env`` names the variable with the password of ``user``."""

    name: str
    host: str
    port: int
    tls: str
    user: str
    password_env: str
    sender: str
    to: tuple[str, ...]


Target = WebhookTarget | SmtpTarget


def read_targets(path: Path, said: object) -> tuple[Target, ...]:
    """Return the targets that an ``instance.toml`` lists. Raises ``BadInstance``."""
    if not isinstance(said, dict):
        raise BadInstance(path, "targets", repr(said), "tables, one for each target: [targets.duty]")
    return tuple(_Table(path, name, table).target() for name, table in said.items())


def secret(path: Path, target: Target, environ: Mapping[str, str]) -> str:
    """Return what the target's variable holds, "" where it names none. Raises ``BadInstance`` if it is no secret."""
    key, variable = (
        ("secret_env", target.secret_env)
        if isinstance(target, WebhookTarget)
        else ("password_env", target.password_env)
    )
    if not variable:
        return ""
    found = environ.get(variable, "")
    if not found:
        hint = f"the variable {variable} in the environment of didymium, with the secret in it"
        raise BadInstance(path, f"targets.{target.name}.{key}", f"{variable!r} is not set", hint)
    if isinstance(target, WebhookTarget):
        try:
            signing_key(found)
        except ValueError as error:
            hint = f"base64 after {PREFIX} in it, or a secret that does not begin so ({error})"
            raise BadInstance(path, f"targets.{target.name}.{key}", repr(variable), hint) from error
    return found


def signing_key(secret: str) -> bytes:
    """The key in ``whsec_`` and base64, or the bytes of any other secret. Raises ``ValueError``."""
    if not secret.startswith(PREFIX):
        return secret.encode()
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)


def check_targets(path: Path, targets: tuple[Target, ...], named: Mapping[str, str]) -> None:
    """See that every target that rules name is there; ``named`` says what names it. Raises ``BadInstance``.

    An installation without any target, a test's or a trial's, sends nothing.
    """
    known = [target.name for target in targets]
    for name, by in named.items():
        if targets and name not in known:
            hint = f"a table [targets.{name}]: {by} of notifications.toml sends to it; there are {', '.join(known)}"
            raise BadInstance(path, "targets", f"no target {name!r}", hint)


class _Table:
    """One table on its way to a target."""

    def __init__(self, path: Path, name: str, said: object) -> None:
        self._path, self._name = path, name
        if not NAME.fullmatch(name):
            raise self._wrong("", repr(name), "a name of letters, digits, - and _")
        if not isinstance(said, dict):
            raise self._wrong("", repr(said), 'a table with kind = "webhook" or kind = "smtp"')
        self._said: dict[str, Any] = said

    def target(self) -> Target:
        kind = self._said.get("kind")
        if kind == "webhook":
            self._only(WEBHOOK_KEYS)
            return WebhookTarget(self._name, self._url(), self._text("secret_env", ""))
        if kind == "smtp":
            self._only(SMTP_KEYS)
            return self._smtp()
        raise self._wrong("kind", repr(kind), '"webhook" or "smtp"')

    def _smtp(self) -> SmtpTarget:
        tls = self._text("tls", "starttls")
        if tls not in TLS:
            raise self._wrong("tls", repr(tls), '"starttls", "tls" from the first byte, or "none"')
        port = self._said.get("port", PORT_OF[tls])
        if not isinstance(port, int) or isinstance(port, bool) or not 0 < port < 65_536:
            raise self._wrong("port", repr(port), "a whole number from 1 to 65535")
        user, password_env = self._text("user", ""), self._text("password_env", "")
        if bool(user) != bool(password_env):
            raise self._wrong("user", repr(user), "user and password_env together, or neither")
        to = self._said.get("to")
        if (
            not isinstance(to, list)
            or not to
            or not all(isinstance(each, str) and ADDRESS.fullmatch(each) for each in to)
        ):
            raise self._wrong("to", repr(to), 'a list of addresses like ["shift@plant.example"]')
        sender = self._text("from")
        if not ADDRESS.fullmatch(sender):
            raise self._wrong("from", repr(sender), "one address like didymium@plant.example")
        return SmtpTarget(self._name, self._text("host"), port, tls, user, password_env, sender, tuple(to))

    def _url(self) -> str:
        url = self._text("url")
        hint = "an address like https://duty.example/hooks/didymium"
        try:
            parts = urlsplit(url)
            _ = parts.port, (parts.hostname or "").encode("idna")
        except ValueError as error:
            raise self._wrong("url", repr(url), f"{hint} ({error})") from error
        if parts.scheme not in ("http", "https") or not parts.hostname or not url.isprintable():
            raise self._wrong("url", repr(url), hint)
        if parts.password:
            raise self._wrong("url", "a password in the address", "the secret in a variable that secret_env names")
        return url

    def _only(self, keys: tuple[str, ...]) -> None:
        for key in self._said:
            if key not in keys:
                raise self._wrong(key, "a key that nothing reads", "one of " + ", ".join(keys))

    def _text(self, key: str, default: str | None = None) -> str:
        value = self._said.get(key, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self._wrong(key, "nothing" if value is None else repr(value), "text in quotes")
        return value

    def _wrong(self, key: str, read: str, hint: str) -> BadInstance:
        return BadInstance(self._path, f"targets.{self._name}{'.' + key if key else ''}", read, hint)
