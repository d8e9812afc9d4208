"""Whole states of the alarm engine, from which a recorded day can be judged again."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "alarm_checkpoint",
        sa.Column("at_us", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("definitions", sa.Text, nullable=False),
        sa.Column("state", sa.LargeBinary, nullable=False),
    )
