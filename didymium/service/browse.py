"""``didymium browse``: from a real server to a complex folder."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from rich.console import Console

from didymium.acquire.browse import Browsed, browse_opcua, browse_sparkplug, write_folder
from didymium.acquire.opcua.session import POLICIES, Access
from didymium.acquire.sparkplug.build import broker_at
from didymium.model.plant import Protocol
from didymium.service.errors import ServiceError

HOST_ID: Final = "didymium"
SKIPPED_SHOWN: Final = 5

console = Console(stderr=True, highlight=False)


class CannotBrowse(ServiceError):
    """What was asked for is not browsed, or nothing is there."""


def run(
    url: str,
    out: Path,
    edge_folder: Path,
    site: str,
    user: str,
    password: str,
    security: str,
    group: str,
    wait_s: float,
) -> int:
    """Write the folder ``out``; the exit code. Raises ``CannotBrowse`` or ``DeviceLost``."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CannotBrowse(f"{out} is not empty; browse into a new folder and copy from there")
    logging.getLogger("asyncua").setLevel(logging.ERROR)
    scheme = urlsplit(url).scheme
    with console.status(f"Browsing {url}") as status:
        if scheme == "opc.tcp":
            protocol = Protocol.OPCUA
            access = _access(url, edge_folder, site, user, password, security)
            told = _counter(status.update, f"Browsing {url}: {{}} variables")
            browsed = asyncio.run(browse_opcua(access, site, told))
            options = {"security": access.policy} | ({"user": user} if user else {})
        elif scheme in ("mqtt", "mqtts"):
            protocol = Protocol.SPARKPLUG
            broker = broker_at(url, user, password, None)
            told = _counter(status.update, f"Listening at {url}: {{}} births")
            browsed = asyncio.run(browse_sparkplug(broker, group, wait_s, HOST_ID, told))
            options = {"host": HOST_ID} | ({"user": user} if user else {})
        else:
            raise CannotBrowse(
                f"{url}: only opc.tcp://host:port, mqtt://host:port and mqtts://host:port can be browsed"
            )
    if not browsed.found:
        raise CannotBrowse(f"{url} offers no numbers" + _skipped(browsed))
    files = write_folder(browsed.found, out, protocol, url, options)
    sites = len({point.site for point in browsed.found})
    console.print(f"{len(browsed.found):,} points of {sites} sites in {len(files)} files of {out}{_skipped(browsed)}")
    if user:
        console.print(f"Say in {out / 'connections.toml'} where the password is: password_env or password_file")
    console.print(f"Edit names and ranges, then: didymium check {out}")
    return 0


def _access(url: str, edge_folder: Path, site: str, user: str, password: str, security: str) -> Access:
    policy = security or ("Basic256Sha256" if user else "None")
    if policy not in POLICIES:
        raise CannotBrowse(f"--security is {policy!r}; it should be one of {', '.join(POLICIES)}")
    parts = urlsplit(url)
    return Access(
        endpoint=url,
        policy=policy,
        mode="SignAndEncrypt",
        user=user,
        password=password,
        certificate=None,
        identity_folder=edge_folder / "pki",
        known=edge_folder / "pki" / "trusted" / f"browsed-{parts.hostname}-{parts.port}.der",
    )


def _counter(show: Callable[[str], None], text: str) -> Callable[[int], None]:
    return lambda count: show(text.format(f"{count:,}"))


def _skipped(browsed: Browsed) -> str:
    if not browsed.skipped:
        return ""
    named = "".join(f"\n  {address}: {reason}" for address, reason in browsed.skipped[:SKIPPED_SHOWN])
    more = len(browsed.skipped) - SKIPPED_SHOWN
    return f"\nLeft out, no numbers: {len(browsed.skipped):,}{named}" + (f"\n  and {more:,} more" if more > 0 else "")
