"""Alembic revisions of the register's schema."""
