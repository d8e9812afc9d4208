"""Reads ``connections.toml``: by which protocol and where each site is reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from didymium.model.mistakes import Mistakes, did_you_mean, missing_file
from didymium.model.plant import Connection, Protocol
from didymium.model.toml_rows import KeyPath
from didymium.model.toml_table import Key, Shape, TomlFile, read_toml, value

SCHEMES: Final = {
    Protocol.OPCUA: ("opc.tcp",),
    Protocol.S7: ("s7",),
    Protocol.MODBUS: ("modbus",),
    Protocol.SPARKPLUG: ("mqtt", "mqtts"),
}
SECURITY: Final = ("None", "Basic256Sha256", "Aes128Sha256RsaOaep", "Aes256Sha256RsaPss")
TEXT: Final = Key(Shape.TEXT)
NUMBER: Final = Key(Shape.NUMBER)
ACCESS: Final = {"user": TEXT, "password": TEXT, "password_env": TEXT, "password_file": TEXT}
POLLING: Final = {"period_s": NUMBER, "phase_s": NUMBER, "timeout_s": NUMBER}
OPTIONS: Final[Mapping[Protocol, Mapping[str, Key]]] = {
    Protocol.OPCUA: {
        **ACCESS,
        "security": Key(Shape.TEXT, words=SECURITY),
        "mode": Key(Shape.TEXT, words=("SignAndEncrypt", "Sign")),
        "server_certificate": TEXT,
        "publishing_ms": NUMBER,
        "sampling_ms": NUMBER,
        "queue": NUMBER,
        "endpoints": Key(Shape.NAMED_TEXTS),
    },
    Protocol.S7: {**POLLING, "rack": NUMBER, "slot": NUMBER},
    Protocol.MODBUS: {**POLLING, "word_order": Key(Shape.TEXT, words=("big", "little")), "in_flight": NUMBER},
    Protocol.SPARKPLUG: {**ACCESS, "group": TEXT, "host": TEXT, "node": TEXT, "authority": TEXT, "reorder_s": NUMBER},
}
"""The keys of a connection beside ``protocol`` and ``endpoint``; connectors check their bounds."""


def read_connections(folder: Path, sites: Iterable[str], mistakes: Mistakes) -> dict[str, Connection]:
    """Return the connection of each site that has a right one."""
    if missing_file(folder, "connections.toml", mistakes):
        return {}
    toml = read_toml(folder / "connections.toml", "connections.toml", mistakes)
    if toml is None:
        return {}
    defaults = _defaults(toml)
    connections: dict[str, Connection] = {}
    known = list(sites)
    for site, said in toml.data.items():
        if site == "defaults":
            continue
        if site not in known:
            toml.mistake((site,), site, did_you_mean(site, known, "there is no such site"))
        elif not isinstance(said, dict):
            toml.mistake((site,), said, "here stands a table with the key protocol")
        else:
            connection = _connection(toml, (site,), said, defaults)
            if connection is not None:
                connections[site] = connection
    for site in known:
        if site not in toml.data:
            toml.mistakes.add(
                toml.file, 0, site, "", f"the site {site} has no connection; add [{site}] with a protocol"
            )
    return connections


def _defaults(toml: TomlFile) -> dict[Protocol, dict[str, Any]]:
    """Return what ``[defaults.<protocol>]`` says for all sites of a protocol."""
    defaults: dict[Protocol, dict[str, Any]] = {}
    said = toml.data.get("defaults", {})
    for name, keys in said.items() if isinstance(said, dict) else ():
        if name not in tuple(Protocol):
            toml.mistake(("defaults", name), name, did_you_mean(name, list(Protocol), "there is no such protocol"))
        elif isinstance(keys, dict):
            defaults[Protocol(name)] = keys
            _check_keys(toml, ("defaults", name), keys, Protocol(name), ("endpoint",))
            if "endpoint" in keys:
                _check_endpoint(toml, ("defaults", name, "endpoint"), keys["endpoint"], Protocol(name))
    return defaults


def _connection(
    toml: TomlFile, path: KeyPath, said: Mapping[str, Any], defaults: Mapping[Protocol, dict[str, Any]]
) -> Connection | None:
    read = said.get("protocol")
    if read is None:
        toml.mistake(path, "", f"the key 'protocol' is missing; it is one of {', '.join(Protocol)}")
        return None
    if not isinstance(read, str) or read not in tuple(Protocol):
        hint = did_you_mean(str(read), list(Protocol), "there is no such protocol")
        toml.mistake((*path, "protocol"), read, hint)
        return None
    protocol = Protocol(read)
    _check_keys(toml, path, said, protocol, ("protocol", "endpoint"))
    merged = {**defaults.get(protocol, {}), **said}
    endpoint = merged.get("endpoint")
    if endpoint is None:
        toml.mistake(path, "", f"the key 'endpoint' is missing, here and in [defaults.{protocol}]")
        return None
    if "endpoint" in said and not _check_endpoint(toml, (*path, "endpoint"), endpoint, protocol):
        return None
    options = {key: value for key, value in merged.items() if key not in ("protocol", "endpoint")}
    return Connection(protocol, str(endpoint), options)


def _check_keys(
    toml: TomlFile, path: KeyPath, said: Mapping[str, Any], protocol: Protocol, also: tuple[str, ...]
) -> None:
    options = OPTIONS[protocol]
    for key, read in said.items():
        if key in options:
            value(toml, (*path, key), read, options[key])
        elif key not in also:
            toml.mistake((*path, key), key, did_you_mean(key, (*also, *options), f"{protocol} has no such key"))


def _check_endpoint(toml: TomlFile, path: KeyPath, endpoint: object, protocol: Protocol) -> bool:
    """Say what is wrong with an endpoint's address; true when nothing is."""
    schemes = SCHEMES[protocol]
    hint = f"an endpoint of {protocol} looks like {schemes[0]}://host:port"
    try:
        address = urlsplit(str(endpoint))
        right = address.scheme in schemes and bool(address.hostname) and address.port is not None
    except ValueError:
        right = False
    if not right:
        toml.mistake(path, endpoint, hint)
    return right
