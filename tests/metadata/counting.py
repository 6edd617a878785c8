"""A bucket's counters, and the same figures counted one by one."""

from metadata import ListQuery
from tests.metadata.catalogues import Desk


def recounted(desk: Desk) -> tuple[int, int, int, int]:
    """Files, versions, logical and version bytes, counted one by one through the lists."""
    live = desk.catalogue.files.list(desk.me, desk.id, ListQuery(limit=10_000)).items
    trash = desk.catalogue.files.trash(desk.me, desk.id, None, 1_000).items
    versions = [
        version
        for file_id in {one.file_id for one in [*live, *trash]}
        for version in desk.catalogue.files.versions(desk.me, file_id, None, 1_000).items
        if version.content is not None
    ]
    logical = sum(version.size for version in live)
    return len(live), len(versions), logical, sum(version.size for version in versions)


def counted(desk: Desk) -> tuple[int, int, int, int]:
    bucket = desk.now()
    return bucket.files, bucket.versions, bucket.logical_bytes, bucket.version_bytes
