"""What a next version might bring: a table, a column with something in every row, an index, and rows that are moved."""

from alembic import op
from sqlalchemy import Column, column, table, update
from sqlalchemy.sql import expression

from crmcore.adapters.sql.schema.migrations.operations import Operations
from crmcore.adapters.sql.schema.migrations.version import HEAD
from crmcore.adapters.sql.schema.types import BigIntType, BoundedTextType, PrefixedIdType

revision = "9999"
down_revision = HEAD
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a table of offices, and a rank to every customer."""
    steps = Operations()
    steps.create_table(
        "offices",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("office"), nullable=False),
        Column("name", BoundedTextType(200), nullable=False),
        primary_key=("pk_offices", ("tenant", "id")),
        unique_keys=[("uq_offices_name", ("tenant", "name"))],
        indexes=[("ix_offices_name", ("name", "tenant"))],
    )
    steps.add_column("customers", Column("rank", BigIntType(), nullable=False, server_default="0"))
    steps.create_index("ix_customers_rank", "customers", ("tenant", "rank"))
    customers = table(steps.prefixed_name("customers"), column("rank"), column("version"))
    op.execute(update(customers).where(expression.column("rank") == 0).values(rank=customers.c.version))


def downgrade() -> None:
    """Take both away again."""
    steps = Operations()
    steps.drop_index("ix_customers_rank", "customers")
    steps.drop_column("customers", "rank")
    steps.drop_table("offices")
