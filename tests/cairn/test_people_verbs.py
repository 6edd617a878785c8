"""`cairn user delete` and `cairn user list`, beside a server that runs and without one."""

from contextlib import closing

from cairn.compose.data import open_identity
from cairn.leaving import finish
from metadata import open_catalogue
from tests.cairn.asked import answer, refused, someone
from tests.end_to_end.client_of import MIB, block_files, make_bucket, open_upload, send, upload
from tests.servers.cairn_server import SignedInServer, wait_until

GONE, OTHER = "gone@example.org", "other@example.org"


def location(server: SignedInServer) -> str:
    return server.settings().database_location


def listed(server: SignedInServer) -> dict[str, dict[str, object]]:
    return {one["email"]: one for one in answer(server, "user", "list")["items"]}


def test_who_is_deleted_while_uploading_is_out_and_leaves_nothing_and_others_keep_theirs(
    server: SignedInServer,
) -> None:
    id, signed_in = someone(server, GONE)
    data = bytes(range(256)) * 4096 + b"more"
    with server.http(server.token) as friend, server.http(signed_in["CAIRN_TOKEN"]) as leaving:
        make_bucket(friend)
        upload(friend, "kept", b"kept")
        make_bucket(leaving, "theirs")
        for n in range(3):
            upload(leaving, f"f{n}", f"file {n}".encode(), "theirs")
        opened = open_upload(leaving, "coming", data, "theirs")
        send(leaving, opened["upload_id"], data, opened["missing"][:1])
        assert listed(server)[GONE]["used_bytes"] == 18
        deleted = answer(server, "user", "delete", GONE, "--yes")
        assert deleted == {"user_id": id, "email": GONE, "buckets": 1, "files": 3, "versions": 3, "version_bytes": 18}
        wait_until(lambda: leaving.get("/me").status_code == 401, 30)
        rest = leaving.put(f"/uploads/{opened['upload_id']}/chunks/{opened['missing'][1]}", content=data[MIB:])
        assert (rest.status_code, rest.headers["content-type"]) == (401, "application/problem+json")
        assert leaving.post(f"/uploads/{opened['upload_id']}/commit").status_code == 401
        assert friend.get("/buckets/studio/content/kept").content == b"kept"
    assert GONE not in listed(server)
    assert refused(server, "user", "delete", GONE, "--yes")[0] == 5
    server.add_user(GONE)  # the address is free


def test_a_deletion_that_was_interrupted_goes_on_with_the_same_command_or_the_next_server(
    server: SignedInServer,
) -> None:
    for email in (GONE, OTHER):
        _, signed_in = someone(server, email)
        with server.http(signed_in["CAIRN_TOKEN"]) as leaving:
            make_bucket(leaving, "theirs")
            upload(leaving, "file", email.encode(), "theirs")
    server.kill()
    with open_identity(server.settings()) as identity:  # Whoever wanted more was killed here.
        identity.close_user(GONE)
        identity.close_user(OTHER)
    told = server.cairn("user", "delete", GONE, "--yes").stdout
    assert told == f"{GONE} is deleted, with 1 buckets and 1 files.\n"
    with open_identity(server.settings()) as identity, closing(open_catalogue(location(server))) as catalogue:
        assert finish(identity, catalogue) == 0
        left = listed(server)[OTHER]["left"]
        assert isinstance(left, dict)
        assert (left["files"], left["is_empty"]) == (1, False)
        while catalogue.collection.close_accounts() or catalogue.collection.purge_expired():
            assert finish(identity, catalogue) in {0, 1}
        finish(identity, catalogue)
    assert {GONE, OTHER}.isdisjoint(listed(server))
    assert len(block_files(server.data)) == 2  # Bytes go when a server collects, and days later.
