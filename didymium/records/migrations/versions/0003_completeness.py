"""The share of the expected readings behind each value of a KPI; nobody knows it of those that were kept before."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("kpi_value", sa.Column("complete", sa.Double))
