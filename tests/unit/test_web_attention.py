"""What needs a person, and in which order."""

from dataclasses import replace

import numpy as np
from trial import complex_of

from didymium.historian.disk import DiskState
from didymium.model.device import DeviceState, EdgeState
from didymium.model.plant import Protocol, Text
from didymium.web.attention import Attention, Severity, beyond_limits, down_devices, most_urgent, store_trouble

PLANT, _ = complex_of(Protocol.MODBUS, "modbus://127.0.0.1:502", {}, ["1:hr:0", "1:hr:2", "1:hr:4"])


def test_limits_include_their_own_value_and_bad_readings_have_none():
    limits = {name: np.full(3, limit) for name, limit in {"ll": 5.0, "l": 10.0, "h": 90.0, "hh": 95.0}.items()}
    tags = replace(PLANT.tags, **limits)
    value = np.full(len(tags), 50.0)
    value[0] = 95.0
    warning, urgent = beyond_limits(tags, value, np.ones(len(tags), np.bool_))
    assert urgent.tolist() == [True] + [False] * (len(tags) - 1)
    assert not warning.any()
    value[0] = 10.0
    warning, urgent = beyond_limits(tags, value, np.ones(len(tags), np.bool_))
    assert warning[0] and not urgent.any()
    warning, urgent = beyond_limits(tags, value, np.zeros(len(tags), np.bool_))
    assert not warning.any() and not urgent.any()


def test_a_device_that_is_down_goes_before_what_warns():
    site = PLANT.sites[0].id
    device = DeviceState(site, f"{site}/x", "x", "", False, 0, "refused", 0, 0.0, None, None, 0, ())
    down = down_devices([EdgeState("e", 0, 0, 0, 0, 0, (device,))], PLANT)
    alarm = Attention(Severity.WARNING, site, Text("", ""), "/alarm/x")
    found = most_urgent([alarm, *down])
    assert [item.severity for item in found] == [Severity.CRITICAL, Severity.WARNING]
    assert "refused" in found[0].text.en
    assert found[1] == alarm


def test_a_full_disk_and_damaged_parts_are_told():
    calm = DiskState(1, 1, 1.0, 10**10, paused=False)
    assert store_trouble(calm, []) == []
    full = DiskState(1, 1, 1.0, 10**9, paused=True)
    told = store_trouble(full, ["table points: part x"])
    assert [item.severity for item in told] == [Severity.CRITICAL, Severity.CRITICAL]
    assert "1.0 GB" in told[0].text.en and "1.0 GB" in told[0].text.zh
