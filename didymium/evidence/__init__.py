"""What was published of the complex, put to the test: inputs, formulas, bands, verdicts."""
