"""URLs of the transactional store."""

from pathlib import Path

import pytest

from didymium.records.address import address, placed
from didymium.records.errors import BadUrl


def test_a_relative_file_is_put_into_the_folder_and_an_absolute_one_stays() -> None:
    assert placed("sqlite:///records/desk.sqlite", Path("/srv/plant")) == "sqlite:////srv/plant/records/desk.sqlite"
    assert placed("sqlite:////var/desk.sqlite", Path("/srv/plant")) == "sqlite:////var/desk.sqlite"
    assert address("sqlite:////var/desk.sqlite").file == Path("/var/desk.sqlite")


def test_a_servers_url_keeps_its_options_and_is_shown_without_the_password() -> None:
    read = address("postgresql://plant:open%40sesame@db.site:5433/records?sslmode=verify-full")
    assert read.file is None
    assert read.url == "postgresql+psycopg://plant:open%40sesame@db.site:5433/records?sslmode=verify-full"
    assert read.shown == "postgresql://plant:***@db.site:5433/records?sslmode=verify-full"
    assert address("postgresql://postgres@/records?host=/run/postgresql").shown.startswith("postgresql://postgres@/")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "write sqlite:///path"),
        ("records.sqlite", "write sqlite:///path"),
        ("sqlite://", "write sqlite:///path"),
        ("sqlite:///", "gone when the program ends"),
        ("sqlite:///:memory:", "gone when the program ends"),
        ("sqlite:///desk.sqlite?mode=ro", "a file has no options"),
        ("mysql://db/records", "write sqlite:///path"),
        ("postgresql://db", "which database"),
        ("postgresql://db/", "which database"),
        ("postgresql://db:99999/records", "Port out of range"),
    ],
)
def test_a_url_that_names_no_store_says_what_would(url: str, says: str) -> None:
    with pytest.raises(BadUrl, match=says):
        address(url)
