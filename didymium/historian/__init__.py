"""What happened: schema, writer, raw and bucketed queries, rollups."""
