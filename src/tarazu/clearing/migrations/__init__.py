"""Alembic revisions of the clearing house's schema."""
