"""All tables of the catalogue, as the migrations make them."""

from metadata import manifest_schema, sync_schema
from metadata.schema import metadata

__all__ = ["manifest_schema", "metadata", "sync_schema"]
