"""The first schema: tables, then what the database itself refuses."""

from importlib.resources import files

from alembic import op

from tarazu.clearing.tables import METADATA

revision = "0001"
down_revision = None


def upgrade() -> None:
    bind = op.get_bind()
    METADATA.create_all(bind)
    text = (files("tarazu.clearing.migrations") / "sql" / f"0001_{bind.dialect.name}.sql").read_text("utf-8")
    for statement in text.split(";;"):
        if statement.strip():
            op.execute(statement)
