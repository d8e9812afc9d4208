"""Settings of an installation."""

from pathlib import Path

import pytest

from didymium.service.errors import BadInstance
from didymium.service.instance import read_instance


def test_a_folder_without_settings_gets_the_defaults(tmp_path: Path):
    instance = read_instance(tmp_path)
    assert instance.wall == "http://127.0.0.1:8600"
    assert instance.historian == f"chdb:///{str(tmp_path).lstrip('/')}/historian"
    assert instance.edges == {"edge1": "centre"}
    assert (instance.complex_folder / "complex.toml").exists()


def test_records_are_a_file_in_the_folder_or_what_is_said(tmp_path: Path):
    assert read_instance(tmp_path).records_file == tmp_path / "records" / "records.sqlite"
    (tmp_path / "instance.toml").write_text('records = "sqlite:///desk.sqlite"\n')
    assert read_instance(tmp_path).records_file == tmp_path / "desk.sqlite"
    (tmp_path / "instance.toml").write_text('records = "sqlite:////srv/desk.sqlite"\n')
    assert read_instance(tmp_path).records_file == Path("/srv/desk.sqlite")
    (tmp_path / "instance.toml").write_text('records = "postgresql://didymium@db/records"\n')
    assert read_instance(tmp_path).records_file is None
    assert read_instance(tmp_path).records == "postgresql://didymium@db/records"


def test_a_wrong_url_of_the_records_is_said_without_its_password(tmp_path: Path):
    (tmp_path / "instance.toml").write_text('records = "postgresql://plant:opensesame@db:x/records"\n')
    with pytest.raises(BadInstance, match=r"plant:\*\*\*@db:x") as raised:
        read_instance(tmp_path)
    assert "opensesame" not in str(raised.value)


def test_port_offset_moves_every_port(tmp_path: Path):
    instance = read_instance(tmp_path, port_offset=1000)
    config = instance.spine_config()
    assert (instance.web_port, instance.spine) == (9600, "nats://127.0.0.1:9610")
    assert (config.client_port, config.monitor_port, config.mqtt_port, config.leaf_port) == (9610, 9611, 9612, 9613)


def test_the_command_line_goes_before_the_file(tmp_path: Path):
    (tmp_path / "instance.toml").write_text('port = 9000\nhistorian = "clickhouse://db:9000/didymium"\n')
    assert read_instance(tmp_path).web_port == 9000
    assert read_instance(tmp_path, port=9100).web_port == 9100
    assert read_instance(tmp_path).historian == "clickhouse://db:9000/didymium"


def test_remote_edges_are_read_by_their_domain(tmp_path: Path):
    (tmp_path / "instance.toml").write_text('[edges]\nedge1 = "centre"\nS03 = "S03"\n')
    assert read_instance(tmp_path).edges == {"edge1": "centre", "S03": "S03"}


def test_an_edge_reads_the_sites_that_the_file_says(tmp_path: Path):
    assert read_instance(tmp_path).sites == ()
    (tmp_path / "instance.toml").write_text('edge = "S10"\nsites = ["S10"]\n')
    assert read_instance(tmp_path).sites == ("S10",)


@pytest.mark.parametrize(
    ("text", "key", "read"),
    [
        ("prot = 8600\n", "prot", "a key that nothing reads"),
        ('port = "8600"\n', "port", "'8600'"),
        ("port = 70000\n", "port", "70000"),
        ("historian = 5\n", "historian", "5"),
        ("records = 5\n", "records", "5"),
        ('records = "mysql://db/records"\n', "records", "write sqlite:///path/to/records.sqlite or postgresql://"),
        ('records = "postgresql://db:54321x/records"\n', "records", "Port could not be cast"),
        ('records = "postgresql://db"\n', "records", "it does not say which database"),
        ("edges = [1]\n", "edges", "[1]"),
        ('sites = "S10"\n', "sites", "'S10'"),
    ],
)
def test_a_wrong_setting_names_file_key_and_what_was_read(tmp_path: Path, text: str, key: str, read: str):
    (tmp_path / "instance.toml").write_text(text)
    with pytest.raises(BadInstance) as raised:
        read_instance(tmp_path)
    assert raised.value.key == key
    assert read in str(raised.value)
    assert str(tmp_path / "instance.toml") in str(raised.value)


def test_a_file_that_is_no_toml_is_named(tmp_path: Path):
    (tmp_path / "instance.toml").write_text("port : 8600\n")
    with pytest.raises(BadInstance, match=r"instance\.toml"):
        read_instance(tmp_path)
