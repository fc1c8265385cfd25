"""What Alembic runs: the revisions at the place that ``migrations.upgrade`` or ``migrations.sql`` has named."""

from alembic import context

from complaintflow.storage.sqlalchemy.migrations.place import Place

place: Place = context.config.attributes["place"]
context.configure(
    connection=place.connection,
    dialect_name=place.dialect,
    version_table=place.version_table,
    version_table_schema=place.schema,
    literal_binds=place.connection is None,
)
with context.begin_transaction():
    context.run_migrations()
