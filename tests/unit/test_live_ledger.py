"""The completeness ledger, against minutes counted by hand: S01 has three tags, S02 two, each once a second."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from didymium.live.ledger import Gap, Ledger, SiteMinute
from didymium.model.device import DeviceState, Discard, EdgeState
from tests.two_sites import MINUTE_US, SECOND_US, at, two_sites

T0 = 30_000_000 * MINUTE_US  # 2027-01-15 08:00 UTC, 16:00 in Shanghai
S01, S02 = (11, 12, 13), (14, 15)


def device(site: str, *, up: bool = True, since_us: int = T0 - MINUTE_US, cause: str = "") -> DeviceState:
    return DeviceState(site, f"{site}/opcua", "opcua", "opc.tcp://x", up, since_us, cause, 0, 0.0, 0.0, 0.0, 0, ())


def state(time_us: int, *devices: DeviceState, started_us: int = T0 - MINUTE_US) -> EdgeState:
    return EdgeState("main", time_us, started_us, 0, 0, 0, devices or (device("S01"), device("S02")))


def ledger(started_us: int = T0) -> Ledger:
    return Ledger(*two_sites(), started_us=started_us)


def feed(book: Ledger, ids: Iterable[int], from_s: int, to_s: int, *, start_us: int = T0) -> None:
    """Each second one reading of each id, and the edge's word that all is well."""
    ids = list(ids)
    for second in range(from_s, to_s):
        book.take(at(ids, start_us + second * SECOND_US), start_us + second * SECOND_US)


def say(book: Ledger, from_s: int, to_s: int, *devices: DeviceState, started_us: int = T0 - MINUTE_US) -> None:
    for second in range(from_s, to_s):
        book.observe(state(T0 + second * SECOND_US, *devices, started_us=started_us))


def closed(book: Ledger, second: int) -> list[SiteMinute]:
    return book.close_minutes(T0 + second * SECOND_US)


def test_a_whole_minute_is_closed_once_with_all_its_points() -> None:
    book = ledger()
    feed(book, S01 + S02, 0, 70)
    say(book, 0, 70)
    assert closed(book, 69) == []
    assert closed(book, 70) == [SiteMinute("S01", T0, 180, 180, ""), SiteMinute("S02", T0, 120, 120, "")]
    assert closed(book, 75) == []


def test_expectation_begins_with_the_sites_first_reading() -> None:
    book = ledger()
    feed(book, S01, 20, 70)
    feed(book, S02, 61, 70)
    say(book, 0, 70)
    assert closed(book, 70) == [SiteMinute("S01", T0, 3 * 40, 120, "")]
    assert book.today(T0 + 70 * SECOND_US).completeness == 1.0


def test_a_tag_that_begins_a_moment_after_its_site_is_expected_from_its_own_first_reading() -> None:
    book = ledger()
    feed(book, (11, 12), 0, 70)
    feed(book, (13,), 2, 70)
    say(book, 0, 70)
    assert closed(book, 70) == [SiteMinute("S01", T0, 178, 178, "")]


def test_a_tag_that_never_comes_is_missing_from_the_sites_first_reading_on() -> None:
    book = ledger()
    feed(book, (11, 12), 0, 70)
    say(book, 0, 70)
    assert closed(book, 70) == [SiteMinute("S01", T0, 180, 120, "some tags silent")]


def test_a_value_repeated_from_last_week_begins_nothing() -> None:
    book = ledger()
    book.take(at(S01, T0 - 7 * 86_400 * SECOND_US), T0)
    assert closed(book, 200) == []
    assert book.today(T0 + 200 * SECOND_US).completeness is None


def test_slow_tags_are_expected_at_their_own_pace() -> None:
    book = Ledger(*two_sites((1.0, 10.0, 30.0, 1.0, 1.0)), started_us=T0)
    say(book, 0, 135)
    for second in range(135):
        due = [tag for tag, period in ((11, 1), (12, 10), (13, 30)) if second % period == 0]
        book.take(at(due, T0 + second * SECOND_US), T0 + second * SECOND_US)
    assert closed(book, 130) == [
        SiteMinute("S01", T0, 60 + 6 + 2, 68, ""),
        SiteMinute("S01", T0 + MINUTE_US, 68, 68, ""),
    ]


def test_a_gap_names_the_connector_and_its_cause() -> None:
    book = ledger()
    feed(book, S01 + S02, 0, 30)
    feed(book, S02, 30, 130)
    feed(book, S01, 70, 130)
    say(book, 0, 30)
    down = device("S01", up=False, since_us=T0 + 30 * SECOND_US, cause="connection refused")
    say(book, 30, 70, down, device("S02"))
    say(book, 70, 130, device("S01", since_us=T0 + 70 * SECOND_US), device("S02"))
    rows = closed(book, 130)
    cause = "S01/opcua: connection refused"
    assert [row for row in rows if row.site == "S01"] == [
        SiteMinute("S01", T0, 180, 90, cause),
        SiteMinute("S01", T0 + MINUTE_US, 180, 150, cause),
    ]
    assert all(row.cause == "" for row in rows if row.site == "S02")
    assert book.gaps(T0, 10) == [Gap("S01", T0, T0 + 2 * MINUTE_US, 120, cause)]


def test_a_device_that_says_nothing_while_connected_is_silent() -> None:
    book = ledger()
    feed(book, S01, 0, 60)
    say(book, 0, 130)
    closed(book, 70)
    assert closed(book, 130) == [SiteMinute("S01", T0 + MINUTE_US, 180, 0, "device silent")]


def test_an_edge_that_was_restarted_names_itself() -> None:
    book = ledger()
    feed(book, S01, 0, 20)
    feed(book, S01, 40, 70)
    say(book, 0, 20)
    say(book, 38, 70, started_us=T0 + 37 * SECOND_US)
    assert closed(book, 70) == [SiteMinute("S01", T0, 180, 120, "edge down")]


def test_a_discard_that_loses_points_is_a_cause_and_a_duplicate_is_none() -> None:
    book = ledger()
    feed(book, S01, 0, 50)
    feed(book, S02, 0, 59)
    say(book, 0, 50)
    repeated = Discard("duplicate", 7, T0, "")
    full = Discard("edge buffer full", 30, T0, "")
    say(
        book, 50, 70, replace(device("S01"), discards=(repeated, full)), replace(device("S02"), discards=(repeated,))
    )  # fmt: skip
    assert closed(book, 70) == [
        SiteMinute("S01", T0, 180, 150, "S01/opcua: edge buffer full"),
        SiteMinute("S02", T0, 120, 118, "some tags silent"),
    ]


def test_a_device_clock_that_is_off_is_a_cause() -> None:
    book = ledger()
    feed(book, S01, 0, 60)
    say(book, 0, 60)
    closed(book, 70)
    say(book, 60, 130, replace(device("S01"), skew_ms=3_600_000.0), device("S02"))
    feed(book, S01, 60, 120, start_us=T0 + 3600 * SECOND_US)  # taken as far ahead by a right clock
    assert closed(book, 130) == [SiteMinute("S01", T0 + MINUTE_US, 180, 0, "S01/opcua: device clock ahead")]


def test_points_ahead_of_our_clock_are_kept_apart() -> None:
    book = ledger()
    feed(book, S01, 0, 1)
    book.take(at(S01, T0 + 86_400 * SECOND_US), T0)
    assert book.outside["ahead of our clock"] == 3


def test_late_points_repair_a_closed_minute() -> None:
    book = ledger()
    feed(book, S01, 0, 40)
    say(book, 0, 40)
    book.follow("main", 120)
    assert closed(book, 70) == [SiteMinute("S01", T0, 180, 120, "spine behind")]
    feed(book, S01, 40, 50)
    assert closed(book, 75) == [SiteMinute("S01", T0, 180, 150, "spine behind")]
    feed(book, S01, 50, 61)
    say(book, 40, 62)
    assert closed(book, 80) == [SiteMinute("S01", T0, 180, 180, "")]
    assert book.gaps(0, 10) == []


def test_a_cause_is_looked_at_again_when_the_edge_has_spoken() -> None:
    book = ledger()
    feed(book, S01, 0, 40)
    say(book, 0, 40)
    book.follow("main", None)
    assert closed(book, 70)[0].cause == "edge unreachable"
    book.follow("main", 0)
    say(book, 55, 62, started_us=T0 + 55 * SECOND_US)
    assert closed(book, 75) == [SiteMinute("S01", T0, 180, 120, "edge down")]
    assert closed(book, 80) == []


def test_a_minute_never_counts_for_more_than_was_expected() -> None:
    book = ledger()
    feed(book, S01, 0, 70)
    feed(book, (11,), 0, 10)
    say(book, 0, 70)
    assert closed(book, 70) == [SiteMinute("S01", T0, 180, 180, "")]
    today = book.today(T0 + 65 * SECOND_US)
    assert (today.expected, today.received, today.surplus, today.points) == (180, 180, 10, 220)


def test_todays_completeness_reaches_up_to_five_seconds_ago() -> None:
    book = ledger()
    feed(book, S01 + S02, 0, 40)
    feed(book, S02, 40, 50)
    today = book.today(T0 + 50 * SECOND_US + 400_000)  # up to second 45: S01 lacks 5 of them
    assert today.expected == 5 * 45
    assert today.received == 3 * 40 + 2 * 45
    assert today.completeness == 210 / 225
    assert [(site.site, site.expected, site.received) for site in today.sites] == [("S01", 135, 120), ("S02", 90, 90)]


def test_today_begins_at_the_plants_midnight() -> None:
    midnight_us = T0 + 8 * 3600 * SECOND_US  # 16:00 in Shanghai plus 8 h
    book = ledger()
    feed(book, S01, -30, 31, start_us=midnight_us)
    before, after = book.today(midnight_us - SECOND_US), book.today(midnight_us + 30 * SECOND_US)
    assert before.since_us == midnight_us - 86_400 * SECOND_US
    assert before.expected == 3 * 24
    assert after.since_us == midnight_us
    assert (after.expected, after.received) == (3 * 25, 3 * 25)


def test_a_new_run_goes_on_from_the_kept_rows_and_the_stores_count() -> None:
    book = ledger()
    feed(book, S01, 0, 130)
    say(book, 0, 130)
    kept = closed(book, 70)
    again = ledger(started_us=T0 + 130 * SECOND_US)
    again.load(kept)
    again.recount([("S01", T0 - MINUTE_US, 500), ("S01", T0, 180), ("S01", T0 + MINUTE_US, 180)])
    feed(again, S01, 130, 195)
    say(again, 130, 195)
    assert closed(again, 190) == [
        SiteMinute("S01", T0 + MINUTE_US, 180, 180, ""),
        SiteMinute("S01", T0 + 2 * MINUTE_US, 180, 150, "centre stopped"),
    ]
    today = again.today(T0 + 190 * SECOND_US)
    assert today.expected == 3 * 185
    assert today.points == 180 + 180 + 3 * 65  # the 500 of the minute before were imported history


def test_a_kept_cause_stays_and_an_open_one_is_looked_at_again() -> None:
    book = ledger(started_us=T0 + 600 * SECOND_US)
    book.load([("S01", T0, 180, 100, "S01/opcua: no birth"), ("S01", T0 + MINUTE_US, 180, 0, "edge not heard")])
    say(book, 590, 600, started_us=T0 + 580 * SECOND_US)
    rows = closed(book, 610)
    assert SiteMinute("S01", T0 + MINUTE_US, 180, 0, "edge down") in rows
    assert SiteMinute("S01", T0 + 8 * MINUTE_US, 180, 0, "edge down") in rows
    assert all(row.minute_us != T0 for row in rows)
    assert book.gaps(0, 9)[-1] == Gap("S01", T0, T0 + MINUTE_US, 80, "S01/opcua: no birth")


def test_the_ring_forgets_what_is_older_than_three_days() -> None:
    book = ledger()
    feed(book, S01, 0, 70)
    say(book, 0, 70)
    assert len(closed(book, 70)) == 1
    far_us = T0 + 4 * 86_400 * SECOND_US
    book.take(at(S01, far_us), far_us)
    assert len(book.close_minutes(far_us + 2 * MINUTE_US)) <= 3 * 1440
    book.take(at(S01, T0), far_us)
    assert book.gaps(0, 10)[-1].from_us > T0
