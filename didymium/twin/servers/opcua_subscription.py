"""Subscriptions of the twin's OPC UA server, fed once a second with encoded changes instead of one object per value.

asyncua keeps, copies, compares and encodes an object per value and item. Here an item of a plant variable is a row of
``Watched``: a second costs one compiled pass per subscription. Items of other nodes go asyncua's own way. This
overrides asyncua 2.1.0's ``InternalSubscription`` and ``MonitoredItemService``, which are not its public face, so the
version is pinned and the server is tested with asyncua's client.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np
from asyncua import ua
from asyncua.common.utils import ServiceError
from asyncua.server.internal_subscription import InternalSubscription
from asyncua.server.monitored_item_service import MonitoredItemService
from asyncua.server.subscription_service import SubscriptionService

from didymium.twin.servers.moment import Moment
from didymium.twin.servers.opcua_changes import ITEM_BYTES_MAX, Changes, Watched, changes, notification
from didymium.twin.servers.opcua_variables import PlantVariables

QUEUE_S_MAX: Final = 300
"""Seconds kept for a client that asks for a long queue and sends no publish requests."""


class PlantItems(MonitoredItemService):
    """The items of one subscription; ``stale`` says that the columns must be made again."""

    stale = True

    async def create_monitored_items(self, params: Any) -> list[Any]:
        self.stale = True
        return await super().create_monitored_items(params)

    def modify_monitored_items(self, params: Any) -> list[Any]:
        self.stale = True
        return super().modify_monitored_items(params)

    async def set_monitoring_mode(self, mode: Any, ids: list[int]) -> list[Any]:
        self.stale = True
        return await super().set_monitoring_mode(mode, ids)

    def delete_monitored_items(self, ids: list[int]) -> list[Any]:
        self.stale = True
        return super().delete_monitored_items(ids)

    def reporting(self, variables: PlantVariables) -> list[tuple[Any, int]]:
        """Return (item data, row) of every reporting item that watches a plant variable's value."""
        self.stale = False
        return [
            (item, row)
            for item in self._monitored_items.values()
            if item.mode == ua.MonitoringMode.Reporting
            and item.read_value_id.AttributeId == ua.AttributeIds.Value
            and (row := variables.row_of(item.read_value_id.NodeId)) is not None
        ]


class PlantSubscription(InternalSubscription):
    """A subscription with encoded changes queued beside asyncua's own notifications."""

    def __init__(self, variables: PlantVariables, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.monitored_item_srv: PlantItems = PlantItems(self, args[1])
        self._variables = variables
        self._watched: Watched | None = None
        self._queue: deque[Changes] = deque(maxlen=1)

    def take(self, moment: Moment, before: Moment) -> None:
        """Queue what ``moment`` changes; ``before`` is what newly made items have been told already."""
        if self.monitored_item_srv.stale:
            self._watch(before)
        if self._watched is not None and (new := changes(self._watched, moment)).count:
            self._queue.append(new)

    def _watch(self, before: Moment) -> None:
        items = self.monitored_item_srv.reporting(self._variables)
        if not items:
            self._watched = None
            return
        row = np.array([row for _, row in items], np.intp)
        # asyncua decodes a filter to a twin class of ua.DataChangeFilter, so its fields tell what it is.
        filters = [item.filter if hasattr(item.filter, "Trigger") else None for item, _ in items]
        self._watched = Watched(
            handle=np.array([item.client_handle for item, _ in items], np.uint32),
            row=row,
            kind=self._variables.kind[row],
            trigger=np.array([ua.DataChangeTrigger.StatusValue if f is None else f.Trigger for f in filters], np.uint8),
            deadband=np.array(
                [0.0 if f is None or f.DeadbandType != ua.DeadbandType.Absolute else f.DeadbandValue for f in filters]
            ),
            last_value=before.value[row],
            last_status=before.status[row],
            buffer=np.empty(len(row) * ITEM_BYTES_MAX, np.uint8),
        )
        longest = max(item.queue_size for item, _ in items)
        self._queue = deque(self._queue, maxlen=min(max(longest, 1), QUEUE_S_MAX))

    def has_published_results(self) -> bool:
        return bool(self._publishing_enabled and self._queue) or bool(super().has_published_results())

    def _pop_triggered_datachanges(self, result: Any) -> None:
        super()._pop_triggered_datachanges(result)
        if self._queue:
            result.NotificationMessage.NotificationData.append(notification(list(self._queue)))
            self._queue.clear()


class PlantSubscriptions(SubscriptionService):
    """asyncua's subscription service, making ``PlantSubscription``."""

    def __init__(self, variables: PlantVariables, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._variables = variables

    def take(self, moment: Moment, before: Moment) -> None:
        """Queue one second for every client's subscription."""
        for subscription in list(self.subscriptions.values()):
            subscription.take(moment, before)

    async def create_subscription(
        self,
        params: Any,
        callback: Callable[..., Any],
        session_id: Any,
        request_callback: Callable[..., Any] | None = None,
    ) -> Any:
        server = self.iserver
        if len(self.subscriptions) >= server.max_subscriptions:
            raise ServiceError(ua.StatusCodes.BadTooManySubscriptions)
        self._sub_id_counter += 1
        result = ua.CreateSubscriptionResult(
            SubscriptionId=self._sub_id_counter,
            RevisedPublishingInterval=params.RequestedPublishingInterval,
            RevisedLifetimeCount=self._clamp_lifetime_count(params.RequestedLifetimeCount),
            RevisedMaxKeepAliveCount=self._clamp_keep_alive_count(params.RequestedMaxKeepAliveCount),
        )
        subscription = PlantSubscription(
            self._variables,
            result,
            self.aspace,
            callback,
            session_id,
            request_callback=request_callback,
            delete_callback=lambda: self.subscriptions.pop(result.SubscriptionId, None),
            no_acks_limit=server.max_unacked_messages_per_subscription,
            max_queue_size=server.max_monitored_item_queue_size,
            publishing_enabled=params.PublishingEnabled,
        )
        await subscription.start()
        self.subscriptions[result.SubscriptionId] = subscription
        return result

    async def delete_subscriptions(self, ids: Iterable[int]) -> list[Any]:
        return await super().delete_subscriptions(list(ids))
