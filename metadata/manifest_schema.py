"""The tables of manifests: how far they are written. None refers to the others: buckets go before their manifests do."""

from sqlalchemy import BigInteger, Column, Text, Uuid

from foundation.sql import Instant
from metadata.schema import table

manifests = table(
    "manifests",
    Column("bucket", Uuid, primary_key=True),
    Column(
        "sequence", BigInteger, nullable=False, server_default="-1"
    ),  # of the last change that is written; -1: none is
    Column("parts", Text, nullable=False, server_default="[]"),  # JSON of metadata.manifest_model.ManifestPart
    Column("old", Text, nullable=False, server_default="[]"),  # the same of parts that were replaced
    Column("draft", Text),  # JSON of metadata.manifest_model.ManifestDraft: a part that is being written
    Column("replaced_at", Instant),  # since when they are
    Column("purged_at", Instant),  # since when something is in the parts that is purged
    Column("marks", BigInteger, nullable=False, server_default="0"),  # how often a root journal named the bucket
    Column("marks_written", BigInteger, nullable=False, server_default="0"),
    Column("worker", Text),
    Column("lease_until", Instant),
)

manifest_roots = table(  # how far the root journals were followed
    "manifest_roots",
    Column("user", Uuid, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
)
