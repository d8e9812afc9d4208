"""The classes of tags of one complex, as ``instance.toml`` says that they are kept."""

from __future__ import annotations

import numpy as np

from didymium.historian.retention import Retention, TagClass
from didymium.model.plant import Complex
from didymium.model.registry import TagIds
from didymium.model.search import matching_rows, nearest_step
from didymium.service.errors import BadInstance
from didymium.service.retention import DEFAULT, Rules


def retention_of(rules: Rules, plant: Complex, ids: TagIds) -> Retention:
    """The rules with the ids of their tags; a tag of several belongs to the first.

    Raises ``BadInstance`` for a pattern that no tag fits.
    """
    classes = []
    for rule in rules.rules:
        rows: set[int] = set()
        for pattern in rule.patterns:
            found = matching_rows(pattern, plant.tags, plant.sites)
            if not found:
                hint = "a path or pattern that a tag has" + nearest_step(pattern, plant.tags.path)
                raise BadInstance(rules.file, f"retention.{rule.name}.tags", repr(pattern), hint)
            rows.update(found)
        mine = None if rule.name == DEFAULT else np.sort(ids.ids[sorted(rows)])
        classes.append(TagClass(rule.name, mine, rule.archive_days, rule.minutes_days))
    return Retention(rules.store_days, tuple(classes))
