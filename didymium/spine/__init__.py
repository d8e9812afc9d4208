"""The durable stream of readings between edge and centre."""
