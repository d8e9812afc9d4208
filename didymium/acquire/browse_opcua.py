"""Walks an OPC UA server's address space and finds every number in it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from asyncua import ua
from asyncua.ua.attribute_ids import AttributeIds

from didymium.acquire.browse_found import BOOL, DOUBLE, FLOAT, Browsed, Found, Shape, refined, whole_shape
from didymium.acquire.opcua.session import Access, Session

logger = logging.getLogger(__name__)

NODES_PER_REQUEST: Final = 200
LEVELS_MOST: Final = 24
"""Deeper than any plant; what lies below is a loop that the server does not know of."""

SHAPES: Final[dict[int, Shape]] = {
    1: BOOL,
    2: whole_shape(8, signed=True),
    3: whole_shape(8, signed=False),
    4: whole_shape(16, signed=True),
    5: whole_shape(16, signed=False),
    6: whole_shape(32, signed=True),
    7: whole_shape(32, signed=False),
    8: whole_shape(64, signed=True),
    9: whole_shape(64, signed=False),
    10: FLOAT,
    11: DOUBLE,
}
"""By built-in type id (Part 6, §5.1.2)."""
WORDS: Final = ("EnumStrings", "FalseState", "TrueState")
PROPERTIES: Final = ("EURange", "EngineeringUnits", "ValuePrecision", *WORDS)
"""Part 8, §5.3: what an analog or discrete item says of itself."""


@dataclass(frozen=True, slots=True)
class _Variable:
    node: Any
    levels: tuple[str, ...]
    properties: dict[str, Any]


async def browse_opcua(access: Access, site: str, tell: Callable[[int], None] = lambda count: None) -> Browsed:
    """Return the points of a server. ``tell`` is called with how many variables were seen so far.

    The server's own objects (namespace 0) are left out. Raises ``DeviceLost``.
    """
    session = await Session.open(access)
    try:
        variables = await _walk(session, tell)
        return await _describe(session, variables, site)
    finally:
        await session.close()


async def _walk(session: Session, tell: Callable[[int], None]) -> list[_Variable]:
    """Breadth first from the Objects folder; a node reached twice counts once."""
    found: dict[Any, _Variable] = {}
    layer: list[tuple[Any, tuple[str, ...], bool]] = [(ua.NodeId(ua.ObjectIds.ObjectsFolder), (), False)]
    seen = {layer[0][0]}
    for _ in range(LEVELS_MOST):
        following: list[tuple[Any, tuple[str, ...], bool]] = []
        for some in _batches(layer):
            children = await session.children([node for node, _, _ in some])
            for (parent, levels, is_variable), references in zip(some, children, strict=True):
                for reference in references:
                    name = reference.BrowseName.Name or ""
                    node = reference.NodeId
                    if reference.ReferenceTypeId == ua.NodeId(ua.ObjectIds.HasProperty):
                        if is_variable and name in PROPERTIES:
                            found[parent].properties[name] = node
                        continue
                    if node in seen or node.NamespaceIndex == 0 or not name:
                        continue
                    seen.add(node)
                    below = (*levels, name)
                    variable = reference.NodeClass == ua.NodeClass.Variable
                    if variable:
                        found[node] = _Variable(node, below, {})
                    following.append((node, below, variable))
            tell(len(found))
        layer = following
        if not layer:
            break
    return list(found.values())


async def _describe(session: Session, variables: Sequence[_Variable], site: str) -> Browsed:
    values = await _read(session, [v.node for v in variables], AttributeIds.Value)
    types = await _read(session, [v.node for v in variables], AttributeIds.DataType)
    words = await _read(session, [v.node for v in variables], AttributeIds.Description)
    asked = [(v.node, name, node) for v in variables for name, node in v.properties.items()]
    told = await _read(session, [node for _, _, node in asked], AttributeIds.Value)
    properties: dict[Any, dict[str, Any]] = {}
    for (owner, name, _), value in zip(asked, told, strict=True):
        properties.setdefault(owner, {})[name] = _content(value)
    found: list[Found] = []
    skipped: list[tuple[str, str]] = []
    for variable, value, kind, text in zip(variables, values, types, words, strict=True):
        address = variable.node.to_string()
        shape = _shape(value, _content(kind))
        if isinstance(shape, str):
            skipped.append((address, shape))
            continue
        said = properties.get(variable.node, {})
        span, units = said.get("EURange"), said.get("EngineeringUnits")
        low, high = getattr(span, "Low", float("nan")), getattr(span, "High", float("nan"))
        decimals = said.get("ValuePrecision")
        labels = said.get("EnumStrings") or [said[w] for w in ("FalseState", "TrueState") if w in said]
        shape, named = refined(
            shape,
            float(low),
            float(high),
            float(decimals) if isinstance(decimals, int | float) else None,
            [_text(label) for label in labels] if isinstance(labels, list) else [],
        )
        found.append(
            Found(
                site=site,
                levels=variable.levels,
                address=address,
                kind=shape.kind,
                unit=_text(getattr(units, "DisplayName", None)),
                low=shape.low,
                high=shape.high,
                resolution=shape.resolution,
                labels=named,
                description=_text(_content(text)),
            )
        )
    return Browsed(tuple(found), tuple(skipped))


def _shape(value: Any, data_type: Any) -> Shape | str:
    """The shape of a variable, by its value or else its data type; why it is no number otherwise."""
    variant = value.Value
    kind = 0 if variant is None or variant.VariantType is None else int(variant.VariantType.value)
    if kind and (variant.is_array or isinstance(variant.Value, list | tuple)):
        return "an array"
    if kind == 0 and isinstance(data_type, ua.NodeId) and data_type.NamespaceIndex == 0:
        kind = data_type.Identifier if isinstance(data_type.Identifier, int) else 0
    shape = SHAPES.get(kind)
    if shape is None:
        return f"a {ua.VariantType(kind).name}" if 0 < kind <= 25 else "of unknown type"
    return shape


async def _read(session: Session, nodes: Sequence[Any], attribute: AttributeIds) -> list[Any]:
    read: list[Any] = []
    for some in _batches(nodes):
        read += await session.read(some, attribute)
    return read


def _content(value: Any) -> Any:
    return None if value.Value is None else value.Value.Value


def _text(said: Any) -> str:
    return str(getattr(said, "Text", said) or "")


def _batches(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), NODES_PER_REQUEST):
        yield items[start : start + NODES_PER_REQUEST]
