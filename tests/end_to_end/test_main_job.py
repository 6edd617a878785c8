"""A file goes in, is stored once as blocks, and comes out byte for byte."""

import hashlib
import random

from tests.end_to_end.client_of import block_files, chunk_list, make_bucket, open_upload, send, upload
from tests.servers.cairn_server import SignedInServer

DOCUMENT = random.Random(1).randbytes(4_281_445)


def test_the_document_of_4281445_bytes_has_5_chunks_and_comes_back_as_it_was(product: SignedInServer) -> None:
    with product.http(product.token) as api:
        make_bucket(api)
        committed = upload(api, "report.pdf", DOCUMENT)
        assert committed["num_chunks"] == 5
        chunks = api.get(f"/files/{committed['file_id']}/chunks").json()["items"]
        assert [chunk["id"] for chunk in chunks] == [chunk["id"] for chunk in chunk_list(DOCUMENT)]
        assert api.get("/buckets/studio/content/report.pdf").content == DOCUMENT


def test_a_plain_put_makes_the_same_chunks_as_a_native_upload(product: SignedInServer) -> None:
    with product.http(product.token) as api:
        make_bucket(api)
        native = upload(api, "native", DOCUMENT)
        plain = api.put("/buckets/studio/content/plain", content=DOCUMENT)
        assert plain.status_code == 201
        assert plain.json()["content_hash"] == native["content_hash"]


def test_a_second_name_for_the_same_bytes_sends_nothing(product: SignedInServer) -> None:
    with product.http(product.token) as api:
        make_bucket(api)
        upload(api, "first", DOCUMENT)
        assert open_upload(api, "second", DOCUMENT)["missing"] == []


def test_an_interrupted_upload_goes_on_after_the_server_was_killed(product: SignedInServer) -> None:
    with product.http(product.token) as api:
        make_bucket(api)
        opened = open_upload(api, "report.pdf", DOCUMENT)
        send(api, opened["upload_id"], DOCUMENT, opened["missing"][:3])
    product.kill()
    product.start()
    with product.http(product.token) as api:
        state = api.get(f"/uploads/{opened['upload_id']}").json()
        assert set(state["missing"]) == set(opened["missing"][3:])
        send(api, opened["upload_id"], DOCUMENT, state["missing"])
        assert api.post(f"/uploads/{opened['upload_id']}/commit").status_code == 201
        assert api.get("/buckets/studio/content/report.pdf").content == DOCUMENT


def test_a_commit_repeated_after_a_lost_answer_returns_the_same_version_once(product: SignedInServer) -> None:
    with product.http(product.token) as api:
        make_bucket(api)
        opened = open_upload(api, "report.pdf", DOCUMENT)
        send(api, opened["upload_id"], DOCUMENT)
        first = api.post(f"/uploads/{opened['upload_id']}/commit").json()
    product.kill()
    product.start()
    with product.http(product.token) as api:
        again = api.post(f"/uploads/{opened['upload_id']}/commit").json()
        assert again["version_id"] == first["version_id"]
        changes = api.get("/buckets/studio/changes", params={"after": 0}).json()["items"]
        assert [change["kind"] for change in changes] == ["file.created"]


def test_a_stranger_learns_nothing_of_what_another_stores(product: SignedInServer) -> None:
    with product.http(product.token) as api:
        make_bucket(api)
        committed = upload(api, "secret", DOCUMENT)
        bucket = committed["bucket_id"]
    stranger = product.add_user("eve@example.org")
    with product.http(stranger) as api:
        make_bucket(api)
        # The hashes of somebody else's blocks give neither their bytes nor the news that they exist.
        assert len(open_upload(api, "probe", DOCUMENT)["missing"]) == 5
        absent = api.get("/buckets/019a0000-0000-7000-8000-000000000000/content/secret")
        present = api.get(f"/buckets/{bucket}/content/secret")
        assert (present.status_code, present.json()) == (absent.status_code, absent.json())
        assert present.status_code == 404


def test_block_files_are_named_by_the_sha256_of_what_they_hold(server: SignedInServer) -> None:
    with server.http(server.token) as api:
        make_bucket(api)
        upload(api, "report.pdf", DOCUMENT)
    files = block_files(server.data)
    assert len(files) == 5
    assert all(hashlib.sha256(file.read_bytes()).hexdigest() == file.name[:64] for file in files)
    assert all(file.parent.name == file.name[:2] for file in files)
