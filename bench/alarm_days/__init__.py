"""A day of the complex as the alarms of a centre live through it: faults, people, restarts, readings that come late."""
