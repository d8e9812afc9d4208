"""The causes by which trouble with readings is counted on the data-health page."""

from __future__ import annotations

from enum import StrEnum


class Cause(StrEnum):
    """Fixed words, so that they can be counted and translated. A connector may add its own."""

    # by screening, for every protocol
    DUPLICATE = "duplicate"  # the device sent the same point again; dropped
    LATE = "late"  # older than one already taken; kept and flagged
    OUT_OF_RANGE = "out of range"  # kept with status BadOutOfRange
    NOT_FINITE = "not finite"  # NaN or infinity under a Good status; kept with status BadOutOfRange
    CLOCK_AHEAD = "clock ahead"  # source time far in our future; kept with its own time
    UNKNOWN_TAG = "unknown tag"  # an id that is not this edge's; dropped
    # by the agent
    BUFFER_FULL = "edge buffer full"  # the spine has not taken data for too long; oldest dropped
    # by polled protocols
    MISSED_POLL = "missed poll"  # a scheduled reading that could not be taken in time
    REFUSED = "refused by device"  # Modbus exception, S7 PDU or item refused; the tags turn Bad
    SILENT = "timeout"  # one unit behind the device does not answer; its tags turn Bad
    GARBLED = "garbled reply"  # short, or not what was asked
    # by protocols with their own addressing or order
    UNKNOWN_ADDRESS = "unknown address"  # a node id, alias or metric that device or model does not know
    WRONG_TYPE = "wrong type"  # not a number, or not the type that the birth announced
    MALFORMED = "malformed payload"
    SEQUENCE = "sequence jump"
    NO_BIRTH = "data without birth"
