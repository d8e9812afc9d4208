"""What ``didymium browse`` asks of the connectors' room and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from didymium.acquire.browse import Browsed, Found
from didymium.acquire.opcua.session import Access
from didymium.model.folder import check, read_complex
from didymium.model.plant import Kind
from didymium.service import browse
from didymium.service.browse import CannotBrowse, run


def point(site: str, **changes: object) -> Found:
    said: dict[str, object] = {
        "levels": ("PL1", "CELL001", "VOLT"),
        "address": "ns=2;s=PL1.CELL001.VOLT",
        "kind": Kind.ANALOG,
        "unit": "V",
        "low": 0.0,
        "high": 30.0,
        "resolution": "0.1",
        "labels": (),
        "description": "",
    }
    return Found(site=site, **(said | changes))  # type: ignore[arg-type]


def offered(monkeypatch: pytest.MonkeyPatch, *points: Found) -> list[Access]:
    """Let the browsed server offer these points; the accesses that were asked for."""
    asked: list[Access] = []

    async def browse_opcua(access: Access, site: str, tell: object) -> Browsed:
        asked.append(access)
        return Browsed(points, (("ns=2;s=NAME", "a String"),))

    async def browse_sparkplug(broker: object, group: str, wait_s: float, host_id: str, tell: object) -> Browsed:
        return Browsed(points, ())

    monkeypatch.setattr(browse, "browse_opcua", browse_opcua)
    monkeypatch.setattr(browse, "browse_sparkplug", browse_sparkplug)
    return asked


def test_a_user_name_brings_a_secured_session_and_no_password_into_the_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    asked = offered(monkeypatch, point("S10"))
    out = tmp_path / "out"
    assert run("opc.tcp://10.0.0.1:4840", out, tmp_path / "edge", "S10", "reader", "secret", "", "", 1.0) == 0
    assert (asked[0].policy, asked[0].user, asked[0].password) == ("Basic256Sha256", "reader", "secret")
    assert check(out) == []
    connection = read_complex(out).site_of["S10"].connection
    assert connection.options == {"security": "Basic256Sha256", "user": "reader"}
    assert "secret" not in (out / "connections.toml").read_text()


def test_without_a_user_name_the_session_is_open(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    asked = offered(monkeypatch, point("S10"))
    run("opc.tcp://10.0.0.1:4840", tmp_path / "out", tmp_path / "edge", "S10", "", "", "", "", 1.0)
    assert asked[0].policy == "None"


def test_nodes_of_two_groups_keep_their_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    east, west = (("group", "East"), ("node", "G1")), (("group", "West"), ("node", "G1"))
    offered(monkeypatch, point("EastG1", options=east), point("WestG1", options=west))
    run("mqtt://10.0.0.1:1883", tmp_path / "out", tmp_path / "edge", "S01", "", "", "", "", 1.0)
    sites = read_complex(tmp_path / "out").sites
    assert [(s.connection.options["group"], s.connection.options["node"]) for s in sites] == [
        ("East", "G1"),
        ("West", "G1"),
    ]


@pytest.mark.parametrize(
    ("url", "security", "said"),
    [("http://10.0.0.1", "", "only opc.tcp"), ("opc.tcp://10.0.0.1:4840", "Basic", "--security is 'Basic'")],
)
def test_what_cannot_be_browsed_is_refused(tmp_path: Path, url: str, security: str, said: str):
    with pytest.raises(CannotBrowse, match=said):
        run(url, tmp_path / "out", tmp_path / "edge", "S01", "", "", security, "", 1.0)


def test_a_folder_that_somebody_may_have_edited_is_left_alone(tmp_path: Path):
    (tmp_path / "complex.toml").touch()
    with pytest.raises(CannotBrowse, match="not empty"):
        run("opc.tcp://10.0.0.1:4840", tmp_path, tmp_path / "edge", "S01", "", "", "", "", 1.0)


def test_a_server_without_numbers_is_said_to_have_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    offered(monkeypatch)
    with pytest.raises(CannotBrowse, match=r"offers no numbers[\s\S]*NAME: a String"):
        run("opc.tcp://10.0.0.1:4840", tmp_path / "out", tmp_path / "edge", "S01", "", "", "", "", 1.0)
