"""The walk itself: what somebody does with every route, one after another."""

import base64
import hashlib
import time
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tools.api_examples import Recorder

V1 = "/api/v1"
DATA = b"Stones that show the way back.\n"
CLIENT_URI = "https://photos.example.org/signed-in"
GUEST = "019a5c1e-7d04-7c33-9f2b-5a0f3b6c1d20"
BLOCK = hashlib.sha256(DATA).hexdigest()


def walk(api: Recorder, admin: Recorder, email: str, password: str) -> None:
    """Signed in as a new user with these, who owns nothing; `admin`: as an administrator."""
    api.call(f"GET {V1}/sync/summary")
    bucket = _buckets(api)
    file = _native_upload(api, bucket)
    # Once something was sent twice, or is deleted, the figures depend on when the collector comes by.
    admin.call(f"GET {V1}/stats/store")
    _unwanted_upload(api)
    _sync(api, file)
    _content(api, bucket)
    _batches(api, bucket)
    _records(api, file)
    _looking(api, bucket)
    _journals(api, bucket)
    _identity(api, email, password)
    _end_of_buckets(api)


def _buckets(api: Recorder) -> str:
    bucket: str = api.call(f"POST {V1}/buckets", body={"title": "Photos"})["id"]
    api.call(f"GET {V1}/buckets")
    api.call(f"PATCH {V1}/buckets/{{bucket}}", bucket=bucket, body={"title": "All photos", "keep_days": 90})
    members = f"{V1}/buckets/{{bucket}}/members"
    api.call(f"PUT {members}/{{user_id}}", bucket=bucket, user_id=GUEST, body={"role": "viewer"})
    api.call(f"GET {members}", bucket=bucket)
    api.call(f"DELETE {members}/{{user_id}}", bucket=bucket, user_id=GUEST)
    return bucket


def _native_upload(api: Recorder, bucket: str) -> Any:
    """The new file, as the commit answers it."""
    chunk = {"id": BLOCK, "size": len(DATA)}
    new = {"bucket": bucket, "path": "2026/cairn.txt", "size": len(DATA), "chunks": [chunk]}
    upload = api.call(f"POST {V1}/uploads", body=new)["upload_id"]
    api.call(f"PATCH {V1}/uploads/{{upload_id}}", upload_id=upload, body={"first_index": 0, "chunks": [chunk]})
    api.call(f"GET {V1}/uploads")
    api.call(f"PUT {V1}/uploads/{{upload_id}}/chunks/{{block_id}}", upload_id=upload, block_id=BLOCK, content=DATA)
    api.call(f"GET {V1}/uploads/{{upload_id}}", upload_id=upload)
    return api.call(f"POST {V1}/uploads/{{upload_id}}/commit", upload_id=upload)


def _unwanted_upload(api: Recorder) -> None:
    unwanted = api.call(f"POST {V1}/uploads", body={})["upload_id"]
    framed = bytes.fromhex(BLOCK) + len(DATA).to_bytes(4, "big") + DATA
    framed_type = {"Content-Type": "application/vnd.cairn.blocks"}
    api.call(f"POST {V1}/uploads/{{upload_id}}/chunks", upload_id=unwanted, content=framed, headers=framed_type)
    api.call(f"DELETE {V1}/uploads/{{upload_id}}", upload_id=unwanted)


def _sync(api: Recorder, file: Any) -> None:
    ids = {"file_id": file["file_id"]}
    while any(api.peek(f"{V1}/sync-events?status={status}")["items"] for status in ("pending", "processing")):
        time.sleep(0.05)
    (event,) = api.call(f"GET {V1}/sync-events", query=ids)["items"]
    api.call(f"GET {V1}/sync-events/{{event_id}}", event_id=event["event_id"])
    api.call(f"GET {V1}/sync-events/{{file_id}}/status", **ids)
    api.call(f"POST {V1}/sync-events/{{event_id}}/retry", event_id=event["event_id"])
    api.call(f"POST {V1}/sync-events/retry")
    api.call(f"POST {V1}/files/{{file_id}}/verify", **ids)
    api.call(f"POST {V1}/buckets/{{bucket}}/verify", bucket=file["bucket_id"])
    api.call(f"GET {V1}/sync/wanted")
    api.call(f"GET {V1}/events", query={"seconds": 0})


def _content(api: Recorder, bucket: str) -> None:
    route = f"{V1}/buckets/{{bucket}}/content/{{path}}"
    text = {"Content-Type": "text/plain"}
    api.call(f"PUT {route}", bucket=bucket, path="notes.txt", content=b"one", headers=text)
    api.call(f"GET {route}", bucket=bucket, path="notes.txt")
    api.call(f"HEAD {route}", bucket=bucket, path="notes.txt")
    api.call(f"DELETE {route}", bucket=bucket, path="notes.txt")
    trash = api.call(f"GET {V1}/buckets/{{bucket}}/trash", bucket=bucket)
    api.call(f"POST {V1}/files/{{file_id}}/undelete", file_id=trash["items"][0]["file_id"], body={"path": "back.txt"})


def _batches(api: Recorder, bucket: str) -> None:
    operations = [
        {"op": "folder", "path": "2026/empty"},
        {"op": "put", "path": "2026/copy.txt", "chunks": [{"id": BLOCK, "size": len(DATA)}], "base_version": None},
    ]
    api.call(f"POST {V1}/buckets/{{bucket}}/commits", bucket=bucket, body={"operations": operations})
    folders = {"prefix": "", "delimiter": "/", "limit": 100}
    api.call(f"GET {V1}/buckets/{{bucket}}/files", bucket=bucket, query=folders)


def _records(api: Recorder, file: Any) -> None:
    ids = {"file_id": file["file_id"], "version_id": file["version_id"]}
    api.call(f"GET {V1}/files/{{file_id}}", **ids)
    api.call(f"PATCH {V1}/files/{{file_id}}", **ids, body={"path": "2026/renamed.txt"})
    api.call(f"GET {V1}/files/{{file_id}}/chunks", **ids)
    for method in ("GET", "HEAD"):
        api.call(f"{method} {V1}/files/{{file_id}}/versions/{{version_id}}/content", **ids)
    api.call(f"GET {V1}/files/{{file_id}}/versions/{{version_id}}/chunks/{{index}}", **ids, index=0)
    put = f"PUT {V1}/buckets/{{bucket}}/content/{{path}}"
    api.call(put, bucket=file["bucket_id"], path="2026/renamed.txt", content=b"two")
    api.call(f"GET {V1}/files/{{file_id}}/versions", **ids)
    api.call(f"POST {V1}/files/{{file_id}}/restore", **ids, body={"version_id": ids["version_id"]})
    api.call(f"DELETE {V1}/files/{{file_id}}/versions/{{version_id}}", **ids)
    api.call(f"DELETE {V1}/files/{{file_id}}", **ids)
    api.call(f"DELETE {V1}/buckets/{{bucket}}/trash", bucket=file["bucket_id"])


def _looking(api: Recorder, bucket: str) -> None:
    api.call(f"GET {V1}/search", query={"q": "copy", "tag": "place=north"})
    api.call(f"GET {V1}/stats")
    api.call(f"GET {V1}/stats/growth", query={"days": 30}, is_shown=False)
    api.call(f"GET {V1}/buckets/{{bucket}}/twins", bucket=bucket)
    api.call(f"GET {V1}/buckets/{{bucket}}/folders", bucket=bucket, query={"prefix": "2026/"})
    api.call(f"POST {V1}/archive", body={"bucket": bucket, "paths": ["2026"]})
    put = f"PUT {V1}/buckets/{{bucket}}/content/{{path}}"
    small = api.call(put, bucket=bucket, path="small.txt", content=b"small")
    api.call(f"POST {V1}/buckets/{{bucket}}/blocks", bucket=bucket, body={"versions": [small["version_id"]]})


def administration(api: Recorder, user: str) -> None:
    """As an administrator."""
    api.call(f"PUT {V1}/accounts/{{user_id}}/quota", user_id=user, body={"quota_bytes": 10_000_000_000})
    api.call(f"POST {V1}/sync/scrub", body={"urgent": True}, is_shown=False)
    api.call(f"GET {V1}/sync/scrub")
    invitation = api.call(f"POST {V1}/invitations", body={"email": "grace@example.org"})["id"]
    api.call(f"GET {V1}/invitations")
    api.call(f"DELETE {V1}/invitations/{{invitation_id}}", invitation_id=invitation)


def _journals(api: Recorder, bucket: str) -> None:
    api.call(f"GET {V1}/buckets/{{bucket}}/changes", bucket=bucket, query={"after": 0, "limit": 2})
    api.call(f"GET {V1}/changes", query={"after": 0})
    api.call(f"GET {V1}/account/usage")
    api.call(f"GET {V1}/buckets/{{bucket}}", bucket=bucket)


def _identity(api: Recorder, email: str, password: str) -> None:
    api.call(f"GET {V1}/auth/options")
    api.call(f"GET {V1}/auth/login", query={"next": "/b/photos"})
    api.call(f"GET {V1}/auth/callback", headers={"Accept": "text/html"})
    api.call(f"POST {V1}/register", body={"email": "grace@example.org", "password": password})
    api.call(f"POST {V1}/auth/login", body={"email": email, "password": password})
    me = api.call(f"GET {V1}/me")
    rename = f"PATCH {V1}/devices/{{device_id}}"
    api.call(rename, device_id=me["device_id"], body={"name": "Ada's laptop"})
    new_password = {"current_password": password, "new_password": "battery staple, correct", "keep_others": True}
    api.call(f"POST {V1}/me/password", body=new_password)
    token = api.call(f"POST {V1}/tokens", body={"name": "backup", "scopes": ["files:read"]})
    api.call(f"GET {V1}/tokens")
    other = [one for one in api.call(f"GET {V1}/devices")["items"] if one["id"] != me["device_id"]]
    if other:
        api.call(f"DELETE {V1}/devices/{{device_id}}", device_id=other[0]["id"])
    exchange = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": token["token"],
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
    }
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    api.call("POST /oauth/token", content=urlencode(exchange).encode(), headers=form)
    api.call(f"DELETE {V1}/tokens/{{token_id}}", token_id=token["id"])
    api.call(f"POST {V1}/auth/logout")
    api.call(f"POST {V1}/auth/sign-out-everywhere", body={"keep_this_session": True, "keep_tokens": True})
    api.call("GET /.well-known/openid-configuration")
    api.call("GET /oauth/jwks")


def _end_of_buckets(api: Recorder) -> None:
    bucket = api.call(f"POST {V1}/buckets", body={"title": "Old things"})["id"]
    api.call(f"DELETE {V1}/buckets/{{bucket}}", bucket=bucket)
    api.call(f"POST {V1}/buckets/{{bucket}}/restore", bucket=bucket, body={"name": "older-things"})


def letting_programs_in(browser: Recorder, login: dict[str, str], client: tuple[str, str]) -> None:
    """In a browser, for a client (its id and secret) whose redirect URI is CLIENT_URI."""
    id, secret = client
    browser.call(f"POST {V1}/auth/login", body=login)
    verifier = "a-verifier-of-more-than-forty-three-characters"
    digest = hashlib.sha256(verifier.encode()).digest()
    asked = {
        "client_id": id, "redirect_uri": CLIENT_URI, "response_type": "code", "scope": "openid files", "state": "x",
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="), "code_challenge_method": "S256",
    }  # fmt: skip
    browser.call("GET /oauth/authorize", query=asked)
    browser.call(f"GET {V1}/auth/consent", query=asked)
    allowed = browser.call(f"POST {V1}/auth/consent", body={"query": urlencode(asked), "allow": True})
    code = dict(parse_qsl(urlsplit(allowed["redirect_to"]).query))["code"]
    proof = {"client_id": id, "client_secret": secret}
    exchange = {"grant_type": "authorization_code", "code": code, "redirect_uri": CLIENT_URI, "code_verifier": verifier}
    token = _send(browser, "POST /oauth/token", proof | exchange)["access_token"]
    for method in ("GET", "POST"):
        browser.call(f"{method} /oauth/userinfo", headers={"Authorization": f"Bearer {token}"})
    _send(browser, "POST /oauth/introspect", proof | {"token": token})
    begun = {"client_id": "cairn-cli", "scope": "files offline_access", "device_name": "ada's laptop"}
    code = _send(browser, "POST /oauth/device", begun)["user_code"]
    browser.call(f"GET {V1}/auth/device", query={"user_code": code})
    browser.call(f"POST {V1}/auth/device", body={"user_code": code, "allow": True})
    _send(browser, "POST /oauth/revoke", proof | {"token": token})
    browser.call(f"GET {V1}/grants")
    browser.call(f"DELETE {V1}/grants/{{client}}", client=id)


def _send(api: Recorder, operation: str, form: dict[str, str]) -> Any:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return api.call(operation, content=urlencode(form).encode(), headers=headers)
