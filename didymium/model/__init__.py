"""The plant's vocabulary: complex, sites, units, tags, readings, status codes, clock."""
