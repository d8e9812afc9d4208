"""What we ask of asyncua beyond its public interface. It is pinned to the version that this was tested against."""

from __future__ import annotations

import logging
import struct
from datetime import UTC, datetime
from typing import Any, Final

import asyncua
import numpy as np
from asyncua import ua
from asyncua.client.client import Client
from asyncua.common.utils import Buffer
from asyncua.ua import uaerrors
from asyncua.ua.ua_binary import struct_from_binary

from didymium.acquire.errors import AcquireError
from didymium.acquire.opcua import wire

TESTED_VERSION: Final = "2.1.0"

# asyncua writes a traceback for each broken connection; the supervisor tells it in a line.
logging.getLogger("asyncua.client").setLevel(logging.CRITICAL)

DECODER_ERRORS: Final = (
    uaerrors.UaError,
    struct.error,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What the library's decoder throws at garbage."""

ACCESS_ERRORS: Final = (
    uaerrors.BadUserAccessDenied,
    uaerrors.BadIdentityTokenInvalid,
    uaerrors.BadIdentityTokenRejected,
    uaerrors.BadSecurityChecksFailed,
    uaerrors.BadSecurityPolicyRejected,
    uaerrors.BadSecurityModeRejected,
    uaerrors.BadCertificateInvalid,
    uaerrors.BadCertificateUntrusted,
    uaerrors.BadCertificateTimeInvalid,
    uaerrors.BadCertificateUriInvalid,
)
"""The server let us reach it and then said no to who we are."""


class UnsupportedLibrary(AcquireError):
    """The installed asyncua is not the one whose inner parts we use."""


def check_version() -> None:
    """Raises ``UnsupportedLibrary``: a connector refuses to start on parts that it was not tested with."""
    if asyncua.__version__ != TESTED_VERSION:
        raise UnsupportedLibrary(
            f"asyncua {asyncua.__version__} is installed, but this program reads the raw answers of asyncua"
            f" {TESTED_VERSION}; install that version: pip install asyncua=={TESTED_VERSION}"
        )


async def ask(client: Client, request: Any, *, timeout_s: float | None = None) -> bytes:
    """Send a request on the client's session and return the answer's undecoded body.

    ``timeout_s`` 0 waits for ever; None takes the client's own. Raises the library's error for a ServiceFault.
    """
    answer: Buffer = await client.uaclient.session._send_request(request, timeout=timeout_s)
    return bytes(answer.copy().read(len(answer)))


def answer_of(kind: type[Any], raw: bytes) -> Any:
    """Decode an answer and check its service result. Raises ``UaStatusCodeError``."""
    answer = struct_from_binary(kind, Buffer(raw))
    answer.ResponseHeader.ServiceResult.check()
    return answer


def decode_publish(raw: bytes) -> tuple[wire.Head, list[wire.Items | int]]:
    """Decode a whole PublishResponse; a StatusChangeNotification becomes its code. Raises ``DECODER_ERRORS``."""
    answer = struct_from_binary(ua.PublishResponse, Buffer(raw))
    parameters = answer.Parameters
    message = parameters.NotificationMessage
    parts: list[wire.Items | int] = []
    for part in message.NotificationData or []:
        if isinstance(part, ua.DataChangeNotification):
            parts.append(_columns(part))
        elif isinstance(part, ua.StatusChangeNotification):
            parts.append(part.Status.value)
    head = wire.Head(
        wire.PUBLISH_RESPONSE,
        answer.ResponseHeader.ServiceResult.value,
        us(answer.ResponseHeader.Timestamp),
        parameters.SubscriptionId,
        bool(parameters.MoreNotifications),
        message.SequenceNumber,
        us(message.PublishTime),
        len(message.NotificationData or []),
        0,
    )
    return head, parts


def decode_items(body: bytes) -> wire.Items:
    """Decode the body of one DataChangeNotification. Raises ``DECODER_ERRORS``."""
    return _columns(struct_from_binary(ua.DataChangeNotification, Buffer(body)))


def _columns(notification: Any) -> wire.Items:
    monitored = notification.MonitoredItems or []
    items = wire.Items.empty(len(monitored))
    for k, item in enumerate(monitored):
        data = item.Value
        items.handle[k] = item.ClientHandle
        items.status[k] = 0 if data.StatusCode is None else data.StatusCode.value
        items.source_us[k] = us(data.SourceTimestamp)
        # asyncua 2.1 reads the server time before the source picoseconds, Part 6 puts it behind them.
        items.server_us[k] = us(data.ServerTimestamp) if data.SourcePicoseconds is None else wire.MISSING_US
        variant = data.Value
        kind = 0 if variant is None or variant.VariantType is None else variant.VariantType.value
        scalar = kind and not isinstance(variant.Value, list | tuple)
        number = scalar and kind <= wire.DOUBLE and variant.Value is not None
        items.value[k] = float(variant.Value) if number else np.nan
        items.kind[k] = (kind if scalar else kind | wire.ARRAY) if kind else wire.NO_VALUE
    return items


def us(moment: datetime | None) -> int:
    if moment is None:
        return wire.MISSING_US
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    passed = aware - datetime(1970, 1, 1, tzinfo=UTC)
    us = (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds
    return us if us > -wire.EPOCH_US else wire.MISSING_US
