"""ISA-18.2 life of alarms: definitions, conditions, suppression, acts, measures of the journal."""
