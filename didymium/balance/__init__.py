"""What must close: reconciliation of measured streams, tests for gross errors, and what can be told apart."""
