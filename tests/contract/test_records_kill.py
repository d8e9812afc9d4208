"""A writer that is killed again and again: every step that it acknowledged is there once, and nothing is half there.

Run as a program, this file is the writer: it goes on where the store says that it is, and says each step's number
once it is durable.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from recorded import ALARMS, SECOND, T0, declare, step

from didymium.records.journal import Question
from didymium.records.outbox import Notification
from didymium.records.steps import Step
from didymium.records.store import Records

LAST = 200
FOUND = {"PYTHONPATH": str(Path(__file__).parents[1])}
MANY = [f"{alarm}{copy}" for copy in range(20) for alarm in ALARMS]


def numbered(number: int, before: dict[str, int]) -> Step:
    """Step ``number``, the same each time, on the alarms' transitions ``before`` it, which it counts on."""
    chosen = random.Random(number).sample(MANY, 1 + number % 97)
    for alarm in chosen:
        before[alarm] = before.get(alarm, 0) + 1
    sites = {alarm.split(".")[0] for alarm in chosen}
    return step(
        chosen, [before[alarm] for alarm in chosen], time_us=T0 + number * SECOND, value=float(number),
        positions={**dict.fromkeys(sites, T0 + number * SECOND), "ALL": number},
        notifications=[Notification(f"step {number}", "https://pager.plant/hook", "{}", T0)],
    )  # fmt: skip


def write(url: str) -> None:
    records = Records.open(url)
    declare(records, MANY)
    done = records.steps.positions().get("ALL", 0)
    kept = records.states.load().states
    before = dict(zip(kept.alarm, kept.transition.tolist(), strict=True))
    for number in range(done + 1, LAST + 1):
        records.steps.write(numbered(number, before))
        print(number, flush=True)
    records.close()


def test_every_acknowledged_step_is_there_once_after_kill_9(records_url: str) -> None:
    chance, acknowledged, kills = random.Random(7), 0, 0
    while acknowledged < LAST:
        command = [sys.executable, __file__, records_url]
        with subprocess.Popen(command, env=os.environ | FOUND, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            lives = acknowledged + chance.randint(10, 45)
            for line in writer.stdout:
                acknowledged = int(line)
                if acknowledged >= lives:
                    time.sleep(chance.random() * 0.02)  # somewhere in the middle of one of the next steps
                    writer.kill()
                    kills += 1
                    break
            acknowledged = max([acknowledged, *(int(line) for line in writer.stdout if line.endswith("\n"))])
        if acknowledged < LAST:
            assert_whole(records_url, acknowledged)
    assert kills >= 4
    assert_whole(records_url, LAST)


def assert_whole(url: str, acknowledged: int) -> None:
    records = Records.open(url)
    declare(records, MANY)  # waits for a commit that the killed writer had sent already
    position = records.steps.positions()
    done = position.pop("ALL")
    assert acknowledged <= done <= acknowledged + 1
    before: dict[str, int] = {}
    steps = [numbered(number, before) for number in range(1, done + 1)]
    page = records.journal.after(Question(), limit=1_000_000)
    assert page.seq.tolist() == list(range(1, sum(len(each.rows.alarm) for each in steps) + 1))
    assert list(page.rows.alarm) == [alarm for each in steps for alarm in each.rows.alarm]
    assert np.array_equal(page.rows.transition, np.concatenate([each.rows.transition for each in steps]))
    kept = records.states.load().states
    assert dict(zip(kept.alarm, kept.transition.tolist(), strict=True)) == before
    assert position == dict(zip(page.site, page.rows.time_us.tolist(), strict=True))  # the last row of each site
    assert sum(each.waiting for each in records.outbox.standings(0)) == done
    records.close()


if __name__ == "__main__":
    write(sys.argv[1])
