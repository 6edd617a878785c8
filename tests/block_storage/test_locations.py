"""Location strings: one table, clear refusals, no secrets in print."""

from pathlib import Path

import pytest

from block_storage import FilesystemBlockStore, MemoryBlockStore, open_block_store, printable


def test_memory_and_folders_are_opened_by_their_location(tmp_path: Path) -> None:
    assert type(open_block_store("memory:")) is MemoryBlockStore
    store = open_block_store(f"file://{tmp_path}/with%20space?copies=2&also={tmp_path}/b", initialise=True)
    assert type(store) is FilesystemBlockStore
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "with space"]
    store.close()


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("", "known are"),
        ("/srv/blocks", "known are"),
        ("ftp://AKIA1:hunter2@host/x", "known are"),
        ("memory:x", "takes nothing"),
        ("file://host/a", "absolute"),
        ("file:relative", "absolute"),
        ("file:///a?also=b", "absolute"),
        ("file:///a?copies=3", "but 1 folders"),
        ("file:///a?copies=3&also=/b", "but 2 folders"),
        ("file:///a?copies=x", "copies=x"),
        ("file:///a?copy=2", "unknown option 'copy'"),
        ("s3+http://host/bucket", "expected s3"),
        ("s3+http://AKIA1:hunter2@host/", "expected s3"),
        ("s3+http://AKIA1:hunter2@host/a/b", "expected s3"),
        ("s3+https://AKIA1:hunter2@host/bucket?verify=no", "unknown option 'verify'"),
        ("http://host:1", "called by rooms only"),
        ("http://host:1/path", "expected http://host:port"),
        ("http://AKIA1:hunter2@host:1", "expected http://host:port"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason_and_without_the_secret(location: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as refused:
        open_block_store(location, initialise=True)
    assert "hunter2" not in str(refused.value)


def test_what_is_printed_of_a_location_hides_key_and_secret() -> None:
    assert (
        printable("s3+http://AKIA1:hunt%40er2@host:8333/chunks?region=x") == "s3+http://***@host:8333/chunks?region=x"
    )
    assert printable("file:///srv/a?copies=2&also=/srv/b") == "file:///srv/a?copies=2&also=/srv/b"
    assert printable("memory:") == "memory:"
