"""The first schema: tables, what the database itself refuses, and the index of full-text search.

A test compares what these statements make with what `tarazu.register.tables` declares.
"""

from importlib.resources import files

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    name = f"0001_{op.get_bind().dialect.name}.sql"
    text = (files("tarazu.register.migrations") / "sql" / name).read_text("utf-8")
    for statement in text.split(";;"):
        if statement.strip():
            op.execute(statement)
