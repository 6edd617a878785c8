"""Make a folder: an empty file whose path ends in `/`."""

from foundation.problems import Problem
from metadata.batch import MakeFolder, Put, Result
from metadata.contents import content_of, insert_contents
from metadata.operations.conflicts import standing_at
from metadata.operations.puts import Publication, put_all
from metadata.operations.work import Work
from metadata.paths import check_folder


def make_folder(work: Work, operation: MakeFolder) -> Result:
    """Harmless where it is there. Raises PathInvalid, PathTaken."""
    path = check_folder(operation.path, work.bucket.naming)
    standing = standing_at(work.connection, work.bucket.id, [path]).get(path)
    if standing is not None and standing.deleted_at is None:
        return Result(standing, None)
    content = content_of([])
    insert_contents(work.connection, [content], work.moment)
    work.kept.add(content.id)
    (result,) = put_all(work, [Publication(Put(path, ()), content)])
    if isinstance(result, Problem):
        raise result
    return result
