"""What the dashboard and a reader of hints are told when bytes go bad, and when they are whole again."""

from typing import Any

from tests.end_to_end.client_of import block_files, make_bucket, upload
from tests.end_to_end.test_live_hints import hints
from tests.servers.cairn_server import SignedInServer, wait_until

DATA = b"stones that show the way back"


def test_a_damaged_file_is_named_with_its_reason_and_healed_by_the_same_upload(server: SignedInServer) -> None:
    with server.http(server.token) as api, hints(server) as told:
        summary: Any = {}

        def settled() -> bool:
            summary.update(api.get("/sync/summary").json())
            return summary["queue"]["depth"] == 0

        make_bucket(api)
        file = upload(api, "hut.blend", DATA)["file_id"]
        wait_until(lambda: api.get(f"/sync-events/{file}/status").json()["sync_status"] == "completed")
        wait_until(lambda: settled() and summary["sentence"]["state"] == "safe")
        assert summary["sentence"]["proved_at"]
        assert api.get(f"/sync-events/{file}/status").json()["verified_at"]

        (block,) = block_files(server.data)
        block.chmod(0o600)
        block.write_bytes(bytes(len(DATA)))
        assert api.post(f"/files/{file}/verify").status_code == 202
        assert told.until(kind="file.damaged")["file_id"] == file
        wait_until(lambda: settled() and summary["sentence"]["state"] == "needs-you")
        (damaged,) = summary["damaged_files"]
        assert (damaged["path"], damaged["error"], damaged["status"]) == ("hut.blend", "parts-damaged", "failed")
        assert "1 part is damaged" in damaged["reason"]
        assert "upload the same file again" in damaged["next_step"]
        assert summary["damaged_blocks"] == 1
        assert [one["size"] for one in api.get("/sync/wanted").json()["items"]] == [len(DATA)]

        upload(api, "again.blend", DATA)
        assert told.until(kind="file.healed", file_id=file)
        wait_until(lambda: settled() and summary["sentence"]["state"] == "safe")
        assert "hut.blend" in [one["path"] for one in summary["healed"]]
        assert api.get("/sync/wanted").json()["items"] == []
        assert api.get("/buckets/studio/content/hut.blend").content == DATA
