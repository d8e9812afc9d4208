"""Alembic's scripts, in the order in which the schema came about."""
