"""What is true now: newest values, staleness, completeness, change feeds."""
