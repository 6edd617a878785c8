"""Forms of OAuth's endpoints, as Authlib reads them: each parameter once (RFC 6749, 3.2)."""

import base64
import binascii
from collections.abc import Mapping
from urllib.parse import parse_qsl

from authlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload, OAuth2Request
from fastapi import Request

MAX_FORM_BYTES = 64 * 1024
MAX_FIELDS = 50


class FormRequest(OAuth2Request):
    """A request to one of the endpoints that programs call."""

    def __init__(self, form: Mapping[str, str], authorization: str, user_agent: str = "", address: str = "") -> None:
        # Authlib refuses addresses without TLS, which ends at the proxy before us, and is not there on loopback.
        super().__init__("POST", "https://cairn/", headers={"Authorization": authorization} if authorization else {})
        self.payload = BasicOAuth2Payload(form)
        self.user_agent, self.address = user_agent, address

    @property
    def form(self) -> Mapping[str, str]:
        data: Mapping[str, str] = self.payload.data
        return data


async def form_request(request: Request) -> FormRequest:
    """Raises Authlib's InvalidRequestError, InvalidClientError."""
    authorization = request.headers.get("authorization", "")
    form = await _form(request)
    if authorization.lower().startswith("basic"):
        _check_basic(authorization, form)
    address = request.client.host if request.client else "local"
    return FormRequest(form, authorization, request.headers.get("user-agent", ""), address)


async def _form(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise InvalidRequestError("Send a form, application/x-www-form-urlencoded.")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_FORM_BYTES:
            raise InvalidRequestError("The form is too large.")
    try:
        fields = parse_qsl(body.decode("ascii"), strict_parsing=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise InvalidRequestError("The form cannot be read.") from error
    if len(dict(fields)) != len(fields):
        raise InvalidRequestError("A parameter is there twice.")
    return dict(fields)


def _check_basic(authorization: str, form: Mapping[str, str]) -> None:
    """One way to prove who the client is, not two (RFC 6749, 2.3)."""
    try:
        is_readable = base64.b64decode(authorization.split(None, 1)[1], validate=True).decode("utf-8").isprintable()
    except (binascii.Error, UnicodeDecodeError, IndexError):
        is_readable = False
    if not is_readable:
        raise InvalidClientError("The client's name and secret cannot be read.", status_code=401)
    if "client_secret" in form:
        raise InvalidRequestError("Send the client's secret once.")
