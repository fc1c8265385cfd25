"""Stores on SQL databases through SQLAlchemy Core."""

from complaintflow.storage.sqlalchemy.store import SQLAlchemyStore
from complaintflow.storage.sqlalchemy.tables import Tables

__all__ = ["SQLAlchemyStore", "Tables"]
