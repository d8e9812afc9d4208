"""The production set-up under ``deploy/clickhouse``: read by a real server as far as one without Keeper can read it."""

from __future__ import annotations

import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import clickhouse_node
import pytest

from didymium.historian import dialect, schema

DEPLOY = Path(__file__).resolve().parents[2] / "deploy" / "clickhouse"
CONFIGS = sorted(DEPLOY.glob("*.d/*.xml"))
SQL = re.sub(r"--[^\n]*", "", (DEPLOY / "users.sql").read_text(encoding="utf-8"))
STATEMENTS = [statement.strip() for statement in SQL.split(";") if statement.strip()]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[clickhouse_node.Node]:
    """A server that was given every file of ``config.d``."""
    try:
        clickhouse_node.install()
    except clickhouse_node.LibraryMissing as error:
        pytest.skip(f"no ClickHouse to test with: {error}")
    folder = tmp_path_factory.mktemp("deployed")
    node = clickhouse_node.Node(folder, "<clickhouse/>", *clickhouse_node.free_ports(2))
    shutil.copytree(DEPLOY / "config.d", folder / "config.d")
    with pytest.MonkeyPatch.context() as environment:
        for name, value in {"SHARD": "2", "REPLICA": "b", "HOST": "ch-2b", "CLUSTER_SECRET": "s"}.items():
            environment.setenv(f"CLICKHOUSE_{name}", value)
        try:
            node.start()
            yield node
        finally:
            node.kill()


@pytest.mark.parametrize("file", CONFIGS, ids=lambda file: file.name)
def test_configuration_is_well_formed(file: Path) -> None:
    assert ET.parse(file).getroot().tag == "clickhouse"


def test_server_reads_the_cluster_and_who_it_is(server: clickhouse_node.Node) -> None:
    listed = server.ask(
        "SELECT shard_num, replica_num, host_name, port FROM system.clusters WHERE cluster = 'didymium'"
        " ORDER BY shard_num, replica_num"
    )
    assert listed.split("\n")[:-1] == [
        "1\t1\tch-1a\t9440",
        "1\t2\tch-1b\t9440",
        "2\t1\tch-2a\t9440",
        "2\t2\tch-2b\t9440",
    ]
    assert server.ask("SELECT getMacro('shard'), getMacro('replica')") == "2\tb\n"
    assert server.ask("SELECT keep_free_space FROM system.disks WHERE name = 'default'") == f"{20 << 30}\n"


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda statement: " ".join(statement.split()[:6]))
def test_statement_for_users_is_one_the_server_can_parse(server: clickhouse_node.Node, statement: str) -> None:
    assert server.ask(f"EXPLAIN AST {statement}")


class Told:
    """An engine that only notes what it is told."""

    database = "didymium"

    def __init__(self) -> None:
        self.statements: list[str] = []

    def command(self, sql: str) -> None:
        self.statements.append(sql)


def test_replicated_tables_are_definitions_that_the_server_can_parse(server: clickhouse_node.Node) -> None:
    told = Told()
    schema.create(told, schema.SHARDED)  # type: ignore[arg-type]
    assert len(told.statements) == len(schema.SHARDED)
    for statement in told.statements:
        made = dialect.replicated(dialect.local(statement, told.database, schema.SHARDED))
        assert re.search(r"Replicated\w*MergeTree", server.ask(f"EXPLAIN AST {made}")), statement


def test_certificates_name_their_host(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    script = tmp_path / "certificates.sh"
    shutil.copy(DEPLOY / "certificates.sh", script)
    subprocess.run([script, "ch-1a"], check=True, capture_output=True)
    made = tmp_path / "tls" / "ch-1a"
    checked = [
        "openssl",
        "verify",
        "-CAfile",
        str(made / "ca.crt"),
        "-verify_hostname",
        "ch-1a",
        str(made / "server.crt"),
    ]
    assert subprocess.run(checked, capture_output=True, text=True, check=True).stdout.endswith("OK\n")
