"""What never changes while the centre runs: the complex and its tags, encoded once."""

from __future__ import annotations

import msgspec

from didymium.model.drawings import Beside, Mimic, Partner, UnitPage
from didymium.model.plant import Area, Complex, Flow, Headline, Site, Text, Unit
from didymium.model.registry import TagIds


def complex_json(plant: Complex) -> bytes:
    """The sites with their areas and units, the flows between them, and the headline figures."""
    return msgspec.json.encode(
        {
            "id": plant.id,
            "name": _text(plant.name),
            "zone": plant.zone,
            "sites": [_site(site) for site in plant.sites],
            "flows": [_flow(flow) for flow in plant.flows],
            "headlines": [_headline(headline) for headline in plant.headlines],
            "templates": {template.id: {"name": _text(template.name)} for template in plant.templates.values()},
            "mimics": [_mimic(mimic) for mimic in plant.mimics],
            "pages": [_page(page) for page in plant.pages],
        }
    )


def tags_json(plant: Complex, ids: TagIds) -> bytes:
    """Every tag, one list per column in the order of the tag table; a limit that is not a number is null.

    ``decimals`` below zero means that many significant digits.
    """
    tags = plant.tags
    return msgspec.json.encode(
        {
            "path": tags.path,
            "id": ids.ids.tolist(),
            "site": tags.site.tolist(),
            "unit_path": [plant.units[unit].path for unit in tags.unit],
            "name": tags.name,
            "kind": tags.kind,
            "unit": [tag.unit for tag in tags.template_tag],
            "low": tags.low.tolist(),
            "high": tags.high.tolist(),
            "decimals": tags.decimals.tolist(),
            "ll": tags.ll.tolist(),
            "l": tags.l.tolist(),
            "h": tags.h.tolist(),
            "hh": tags.hh.tolist(),
            "limit_text": [tag.limit_text for tag in tags.template_tag],
            "labels": [tag.labels for tag in tags.template_tag],
            "labels_zh": [
                [plant.label(row, label).zh for label in tag.labels] for row, tag in enumerate(tags.template_tag)
            ],
            "en": [text.en for text in tags.description],
            "zh": [text.zh for text in tags.description],
        }
    )


def _text(text: Text) -> dict[str, str]:
    return {"en": text.en, "zh": text.zh}


def _site(site: Site) -> dict[str, object]:
    return {
        "id": site.id,
        "name": _text(site.name),
        "origin": site.origin,
        "source": site.source,
        "process": _text(site.process),
        "rate": _text(site.rate),
        "x": site.x,
        "y": site.y,
        "protocol": site.connection.protocol,
        "endpoint": site.connection.endpoint,
        "first": site.first,
        "tags": site.count,
        "areas": [_area(area) for area in site.areas],
    }


def _mimic(mimic: Mimic) -> dict[str, object]:
    return {
        "kind": mimic.kind,
        "name": _text(mimic.name),
        "templates": mimic.templates,
        "tags": mimic.tags,
        "faults": mimic.faults,
        "sizes": mimic.sizes,
        "beside": [_beside(beside) for beside in mimic.beside],
        "values": mimic.values,
        "partner": _partner(mimic.partner) if mimic.partner else None,
    }


def _partner(partner: Partner) -> dict[str, object]:
    return {"template": partner.template, "tags": partner.tags, "values": partner.values}


def _beside(beside: Beside) -> dict[str, object]:
    return {
        "templates": beside.templates,
        "at_m": beside.at_m,
        "tags": beside.tags,
        "faults": beside.faults,
    }


def _page(page: UnitPage) -> dict[str, object]:
    return {
        "templates": page.templates,
        "step": page.step,
        "since": page.since,
        "lasts_min": page.lasts_min,
        "lots": [{"tag": lots.tag, "values": lots.values} for lots in page.lots],
        "upkeep": [
            {"name": _text(work.name), "tag": work.tag, "due": work.due, "fresh": work.fresh} for work in page.upkeep
        ],
    }


def _area(area: Area) -> dict[str, object]:
    return {"id": area.id, "name": _text(area.name), "units": [_unit(unit) for unit in area.units]}


def _unit(unit: Unit) -> dict[str, object]:
    return {
        "id": unit.id,
        "path": unit.path,
        "template": unit.template,
        "name": _text(unit.name),
        "first": unit.first,
        "count": unit.count,
    }


def _flow(flow: Flow) -> dict[str, object]:
    return {
        "id": flow.id,
        "source": flow.source,
        "target": flow.target,
        "name": _text(flow.name),
        "goods": flow.goods,
        "plan_t_d": flow.plan_t_d,
        "origin": flow.origin,
    }


def _headline(headline: Headline) -> dict[str, object]:
    return {
        "id": headline.id,
        "site": headline.site,
        "name": _text(headline.name),
        "unit": headline.unit,
        "plan": headline.plan,
        "origin": headline.origin,
        "source": headline.source,
        "patterns": headline.tags,
        "factor": headline.factor,
    }
