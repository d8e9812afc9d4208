"""One OPC UA session with one subscription, spoken through asyncua's channel and decoded by us."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from asyncua import ua
from asyncua.client.client import Client
from asyncua.crypto import security_policies, uacrypto
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.uaerrors import UaError, UaStatusCodeError

from didymium.acquire.errors import AccessRefused, ConnectionClosed, DeviceLost, DeviceSilent, lost
from didymium.acquire.opcua import library, trust

logger = logging.getLogger(__name__)

POLICIES: Final = ("None", "Basic256Sha256", "Aes128Sha256RsaOaep", "Aes256Sha256RsaPss")
MODES: Final = ("Sign", "SignAndEncrypt")

REQUEST_TIMEOUT_S: Final = 10.0
CLOSE_TIMEOUT_S: Final = 2.0
SESSION_TIMEOUT_MS: Final = 60_000
PROBE_INTERVAL_S: Final = 5.0
KEEP_ALIVE_MS: Final = 2_000
"""An idle subscription speaks this often, so that silence is noticed soon."""
LIFETIME_KEEP_ALIVES: Final = 15
ITEMS_PER_REQUEST: Final = 200
"""Encoding an item takes the library about 0.3 ms; more at once would hold up the loop."""


@dataclass(frozen=True, slots=True)
class Access:
    """How to get in. ``user`` is empty for anonymous; ``certificate`` pins the server's, else the first seen is kept.

    ``identity_folder`` holds our own certificate and ``known`` the server certificate trusted on first use.
    """

    endpoint: str
    policy: str
    mode: str
    user: str
    password: str
    certificate: Path | None
    identity_folder: Path
    known: Path


@dataclass(frozen=True, slots=True)
class Subscribed:
    """What the server made of our wish."""

    id: int
    publishing_ms: float
    keep_alive_s: float


@dataclass(frozen=True, slots=True)
class Refused:
    """An item that the server would not monitor, by its position, and why."""

    position: int
    reason: str


def translated(error: Exception) -> DeviceLost:
    """Return what an error of socket or library means for the connection."""
    if isinstance(error, DeviceLost):
        return error
    if isinstance(error, OSError):
        return lost(error)
    if isinstance(error, TimeoutError):
        return DeviceSilent(str(error))
    if isinstance(error, library.ACCESS_ERRORS):
        return AccessRefused(f"{type(error).__name__}: {error}")
    if isinstance(error, UaError):
        return DeviceLost("refused by server", f"{type(error).__name__}: {error}")
    return ConnectionClosed(f"{type(error).__name__}: {error}")


class Session:
    """An open session. Its methods raise ``DeviceLost`` when the connection is over."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @classmethod
    async def open(cls, access: Access) -> Session:
        """Connect and log in. Raises ``DeviceLost``, as ``AccessRefused`` when certificate or user is not accepted."""
        library.check_version()
        client = Client(access.endpoint, timeout=REQUEST_TIMEOUT_S, watchdog_intervall=PROBE_INTERVAL_S)
        client.name = client.description = "Didymium"
        client.application_uri = trust.APPLICATION_URI
        client.session_timeout = SESSION_TIMEOUT_MS
        session = cls(client)
        try:
            if access.policy != "None":
                await _secure(client, access)
            if access.user:
                client.set_user(access.user)
                client.set_password(access.password)
            await client.connect()
        except (OSError, TimeoutError, *library.DECODER_ERRORS) as error:
            await session.close()
            raise translated(error) from error
        except BaseException:
            await session.close()
            raise
        return session

    async def close(self) -> None:
        """End the session and leave no socket or task behind, however broken the connection is."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._client.disconnect()
        self._client.disconnect_socket()

    async def subscribe(self, publishing_ms: float) -> Subscribed:
        """Create the subscription. No publish loop of the library is started for it."""
        request = ua.CreateSubscriptionRequest()
        request.Parameters.RequestedPublishingInterval = publishing_ms
        keep_alive_count = max(1, round(KEEP_ALIVE_MS / publishing_ms))
        request.Parameters.RequestedMaxKeepAliveCount = keep_alive_count
        request.Parameters.RequestedLifetimeCount = keep_alive_count * LIFETIME_KEEP_ALIVES
        request.Parameters.MaxNotificationsPerPublish = 0
        request.Parameters.PublishingEnabled = True
        made = (await self._answer(ua.CreateSubscriptionResponse, request)).Parameters
        interval_ms = float(made.RevisedPublishingInterval)
        return Subscribed(made.SubscriptionId, interval_ms, interval_ms * made.RevisedMaxKeepAliveCount / 1000)

    async def monitor(
        self, subscription: int, nodes: Sequence[tuple[int, ua.NodeId]], sampling_ms: float, queue: int
    ) -> list[Refused]:
        """Monitor the values of (client handle, node) with a report on every new status, value or source time.

        Returns the refused ones by client handle.
        """
        reports = ua.DataChangeFilter(ua.DataChangeTrigger.StatusValueTimestamp, 0, 0.0)
        refused = await self._monitor(subscription, nodes, sampling_ms, queue, reports)
        plain = {r.position for r in refused if "Filter" in r.reason}
        if not plain:
            return refused
        again = [(handle, node) for handle, node in nodes if handle in plain]
        second = await self._monitor(subscription, again, sampling_ms, queue, None)
        return [r for r in refused if r.position not in plain] + second

    async def _monitor(
        self, subscription: int, nodes: Sequence[tuple[int, ua.NodeId]], sampling_ms: float, queue: int, reports: Any
    ) -> list[Refused]:
        refused: list[Refused] = []
        for start in range(0, len(nodes), ITEMS_PER_REQUEST):
            some = nodes[start : start + ITEMS_PER_REQUEST]
            request = ua.CreateMonitoredItemsRequest()
            request.Parameters.SubscriptionId = subscription
            request.Parameters.TimestampsToReturn = ua.TimestampsToReturn.Both
            request.Parameters.ItemsToCreate = [
                ua.MonitoredItemCreateRequest(
                    ItemToMonitor=ua.ReadValueId(NodeId=node, AttributeId=AttributeIds.Value),
                    MonitoringMode=ua.MonitoringMode.Reporting,
                    RequestedParameters=ua.MonitoringParameters(
                        ClientHandle=handle,
                        SamplingInterval=sampling_ms,
                        Filter=reports,
                        QueueSize=queue,
                        DiscardOldest=True,
                    ),
                )
                for handle, node in some
            ]
            results = (await self._answer(ua.CreateMonitoredItemsResponse, request)).Results
            for (handle, _), result in zip(some, results, strict=False):
                if not result.StatusCode.is_good():
                    refused.append(Refused(handle, result.StatusCode.name))
        return refused

    async def publish(self, subscription: int, acknowledged: Sequence[int]) -> bytes:
        """Wait for the next Publish response and return its undecoded body.

        Raises ``UaStatusCodeError`` for a ServiceFault, which does not end the connection by itself.
        """
        request = ua.PublishRequest()
        request.Parameters.SubscriptionAcknowledgements = [
            ua.SubscriptionAcknowledgement(SubscriptionId=subscription, SequenceNumber=number)
            for number in acknowledged
        ]
        return await self._raw(request, timeout_s=0)

    async def republish(self, subscription: int, number: int) -> bytes:
        """Return the undecoded answer with one message again. Raises as ``publish``."""
        request = ua.RepublishRequest()
        request.Parameters.SubscriptionId = subscription
        request.Parameters.RetransmitSequenceNumber = number
        return await self._raw(request, timeout_s=None)

    async def source_times(self, nodes: Sequence[ua.NodeId]) -> list[Any]:
        """Read the values' source times (aware datetimes or None) past the subscription."""
        return [result.SourceTimestamp for result in await self.read(nodes, AttributeIds.Value)]

    async def read(self, nodes: Sequence[ua.NodeId], attribute: AttributeIds) -> list[Any]:
        """Read one attribute of nodes, as the library's DataValues."""
        request = ua.ReadRequest()
        request.Parameters.TimestampsToReturn = ua.TimestampsToReturn.Source
        request.Parameters.NodesToRead = [ua.ReadValueId(NodeId=node, AttributeId=attribute) for node in nodes]
        return list((await self._answer(ua.ReadResponse, request)).Results)

    async def children(self, nodes: Sequence[ua.NodeId]) -> list[list[Any]]:
        """Browse downwards: for each node the library's ReferenceDescriptions of its objects and variables."""
        request = ua.BrowseRequest()
        request.Parameters.RequestedMaxReferencesPerNode = 0
        request.Parameters.NodesToBrowse = [
            ua.BrowseDescription(
                NodeId=node,
                BrowseDirection=ua.BrowseDirection.Forward,
                ReferenceTypeId=ua.NodeId(ua.ObjectIds.HierarchicalReferences),
                IncludeSubtypes=True,
                NodeClassMask=ua.NodeClass.Object | ua.NodeClass.Variable,
                ResultMask=ua.BrowseResultMask.All,
            )
            for node in nodes
        ]
        results = (await self._answer(ua.BrowseResponse, request)).Results
        children = [list(result.References or []) for result in results]
        waiting = {i: result.ContinuationPoint for i, result in enumerate(results) if result.ContinuationPoint}
        while waiting:
            more = ua.BrowseNextRequest()
            more.Parameters.ReleaseContinuationPoints = False
            more.Parameters.ContinuationPoints = list(waiting.values())
            results = (await self._answer(ua.BrowseNextResponse, more)).Parameters.Results
            for i, result in zip(list(waiting), results, strict=True):
                children[i] += result.References or []
                waiting[i] = result.ContinuationPoint
            waiting = {i: point for i, point in waiting.items() if point}
        return children

    async def _answer(self, kind: type[Any], request: Any) -> Any:
        try:
            return library.answer_of(kind, await library.ask(self._client, request))
        except (OSError, TimeoutError, *library.DECODER_ERRORS) as error:
            raise translated(error) from error

    async def _raw(self, request: Any, timeout_s: float | None) -> bytes:
        try:
            return await library.ask(self._client, request, timeout_s=timeout_s)
        except UaStatusCodeError:
            raise
        except (OSError, TimeoutError, *library.DECODER_ERRORS) as error:
            raise translated(error) from error


async def _secure(client: Client, access: Access) -> None:
    """Choose the endpoint's certificate, decide whether to trust it, and secure the channel with it."""
    policy: type[Any] = getattr(security_policies, f"SecurityPolicy{access.policy}")
    mode = ua.MessageSecurityMode[access.mode]
    offered = await client.connect_and_get_server_endpoints()
    matching = [e for e in offered if e.SecurityPolicyUri == policy.URI and e.SecurityMode == mode]
    if not matching:
        raise AccessRefused(f"the server offers no endpoint with {access.policy} and {access.mode}")
    der = trust.leaf(matching[0].ServerCertificate or b"")
    if access.certificate is None:
        trust.trust_on_first_use(der, access.known)
    else:
        trust.pinned(der, access.certificate)
    own = trust.identity(access.identity_folder)
    await client.set_security(
        policy,
        certificate=uacrypto.CertProperties(own.certificate.read_bytes(), "der"),
        private_key=uacrypto.CertProperties(own.key.read_bytes(), "pem"),
        server_certificate=uacrypto.CertProperties(der, "der"),
        mode=mode,
    )
