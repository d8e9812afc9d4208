"""The address space of a site behind OPC UA: folders for areas and units, one variable per tag, read on demand.

A variable holds no value. Its Value attribute asks for the newest second when a client reads it, so a second costs
nothing here. Node ids are the tags' addresses. Variables carry EngineeringUnits, EURange and EnumStrings where the tag
has them, so that a browsing client learns what a tag list must say.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
from asyncua import Node, ua
from asyncua.server.address_space import AddressSpace, AttributeValue, NodeData

from didymium.model.plant import Complex, Kind, Site
from didymium.model.status import BAD
from didymium.twin.servers.moment import Moment
from didymium.twin.servers.opcua_changes import VARIANT_OF

NAMESPACE_URI: Final = "urn:didymium:plant"
NAMESPACE: Final = 2
"""Index of ``NAMESPACE_URI``, the first after OPC UA's own and the server's; tag addresses say it too."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TYPE_OF_ID: Final = {kind: ua.NodeId(variant.value) for kind, variant in VARIANT_OF.items()}


class PlantVariables:
    """The variables of one site; ``kind`` (tags of the complex,) holds built-in type ids."""

    def __init__(self, plant: Complex, site: Site) -> None:
        self._plant = plant
        self._site = site
        self.kind = np.array([VARIANT_OF[kind].value for kind in plant.tags.kind], np.uint8)
        self._row_of = {plant.tags.address[row]: row for row in range(site.first, site.first + site.count)}
        self._moment: Moment | None = None

    def row_of(self, node: Any) -> int | None:
        """Return the row of a node id, None where it is no plant variable."""
        if node.NamespaceIndex == 0 or not isinstance(node.Identifier, str):
            return None
        return self._row_of.get(f"ns={node.NamespaceIndex};s={node.Identifier}")

    def take(self, moment: Moment) -> Moment | None:
        """Show ``moment`` to readers from now on; return the one before it."""
        before, self._moment = self._moment, moment
        return before

    def data_value(self, row: int) -> Any:
        """Return the newest value of a tag as clients read it."""
        if self._moment is None:
            return ua.DataValue(StatusCode=ua.StatusCode(ua.StatusCodes.BadWaitingForInitialData))
        value, status = float(self._moment.value[row]), int(self._moment.status[row])
        kind = VARIANT_OF[self._plant.tags.kind[row]]
        time = _EPOCH + timedelta(microseconds=self._moment.time_us)
        variant = None
        if status < BAD and (kind == ua.VariantType.Double or np.isfinite(value)):
            whole = round(value) if kind in (ua.VariantType.Int32, ua.VariantType.Int64) else value
            variant = ua.Variant(value != 0 if kind == ua.VariantType.Boolean else whole, kind)
        return ua.DataValue(variant, ua.StatusCode(status), time, time)

    async def build(self, objects: Node, space: AddressSpace) -> None:
        """Add the site's nodes under ``objects``.

        The first unit of a template is made by asyncua, the others are copies of it, which takes a tenth of the time.
        """
        made: dict[str, str] = {}
        for area in self._site.areas:
            folder = await objects.add_folder(ua.NodeId(area.id, NAMESPACE), f"{NAMESPACE}:{area.id}")
            for unit in area.units:
                name = f"{area.id}.{unit.id}"
                machine = await folder.add_object(ua.NodeId(name, NAMESPACE), f"{NAMESPACE}:{unit.id}")
                rows = range(unit.first, unit.first + unit.count)
                pattern = made.setdefault(unit.template, name)
                if pattern == name:
                    for row in rows:
                        await self._add(machine, row)
                else:
                    copy_children(space, pattern, name)
                for row in rows:
                    self._show(space, row)

    def _show(self, space: AddressSpace, row: int) -> None:
        node = ua.NodeId.from_string(self._plant.tags.address[row])
        space.set_attribute_value_callback(node, ua.AttributeIds.Value, lambda _node, _attribute: self.data_value(row))

    async def _add(self, machine: Node, row: int) -> None:
        tags = self._plant.tags
        tag, kind = tags.template_tag[row], tags.kind[row]
        node_id = ua.NodeId.from_string(tags.address[row])
        node = await machine.add_variable(
            node_id, f"{NAMESPACE}:{tags.name[row]}", None, ua.VariantType.Null, _TYPE_OF_ID[kind]
        )
        description = ua.DataValue(ua.Variant(ua.LocalizedText(tag.description.en, "en")))
        await node.write_attribute(ua.AttributeIds.Description, description)

        async def describe(name: str, value: Any) -> None:
            await node.add_property(ua.NodeId(f"{node_id.Identifier}.{name}", NAMESPACE), f"0:{name}", value)

        if kind is Kind.ENUM and tag.labels:
            await describe("EnumStrings", [ua.LocalizedText(label, "en") for label in tag.labels])
        if tag.unit:
            await describe("EngineeringUnits", ua.EUInformation(DisplayName=ua.LocalizedText(tag.unit, "en")))
        if kind in (Kind.ANALOG, Kind.COUNTER) and np.isfinite(tags.low[row]) and np.isfinite(tags.high[row]):
            await describe("EURange", ua.Range(float(tags.low[row]), float(tags.high[row])))


def copy_children(space: AddressSpace, pattern: str, name: str) -> None:
    """Give object ``name`` copies of everything below object ``pattern``, whose identifiers all begin with its own."""

    def moved(node: Any) -> Any:
        if node.NamespaceIndex != NAMESPACE or not node.Identifier.startswith(pattern):
            return node
        return ua.NodeId(name + node.Identifier[len(pattern) :], NAMESPACE)

    def copied(reference: Any) -> Any:
        return replace(reference, NodeId=moved(reference.NodeId))

    root = space[ua.NodeId(name, NAMESPACE)]
    waiting = []
    for reference in space[ua.NodeId(pattern, NAMESPACE)].references:
        if reference.IsForward and reference.NodeId.NamespaceIndex == NAMESPACE:
            root.references.append(copied(reference))
            waiting.append(reference.NodeId)
    while waiting:
        source = space[waiting.pop()]
        node = NodeData(moved(source.nodeid))
        node.attributes = {key: AttributeValue(held.value) for key, held in source.attributes.items()}
        node.attributes[ua.AttributeIds.NodeId] = AttributeValue(
            ua.DataValue(ua.Variant(node.nodeid, ua.VariantType.NodeId))
        )
        for reference in source.references:
            mine = reference.NodeId.NamespaceIndex == NAMESPACE
            made = copied(reference)
            if mine and not reference.IsForward and made.NodeId == root.nodeid:
                made = replace(made, BrowseName=_name(root), DisplayName=ua.LocalizedText(_name(root).Name))
            node.references.append(made)
            if mine and reference.IsForward:
                waiting.append(reference.NodeId)
        space[node.nodeid] = node


def _name(node: NodeData) -> Any:
    return node.attributes[ua.AttributeIds.BrowseName].value.Value.Value
