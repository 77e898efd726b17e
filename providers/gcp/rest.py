"""How Google Cloud is called: plain HTTP, as its own documents describe it, with credentials that `google-auth` keeps fresh.

One way for the real Google Cloud and for a simulated one: only address and credentials differ. A call that answers with an operation
returns when that is done.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from secrets import token_hex
from types import MappingProxyType
from typing import Any, Final, Protocol
from urllib.parse import quote, urlencode
from uuid import UUID

from soundstage.core.errors import CloudError
from soundstage.providers.calls import Account, Declined, Unanswered
from soundstage.providers.gcp.discovery import Method, document, method
from soundstage.providers.gcp.editing import EDITS
from soundstage.providers.gcp.links import linked
from soundstage.providers.gcp.media import content_of
from soundstage.providers.gcp.signing_in import why_refused

_SECONDS: Final = 60.0
_FIRST_POLL: Final = 0.02
_LONGEST_POLL: Final = 3.0
_LONGEST_WAIT: Final = 1200.0
"""Seconds that an operation may take: a machine with several disks, a function that is built."""
_CONNECTIONS: Final = 64
_PIECE: Final = 1 << 20
_ACCESS: Final = "urn:ietf:params:oauth:token-type:access_token"
_UNKNOWN_CALLER: Final = "UNAUTHENTICATED"
"""The code of credentials for which there is no token: nothing was sent."""


class GoogleAccount(Account, Protocol):
    """A project of Google Cloud that can be called."""

    @property
    def session(self) -> Any:
        """What sends requests (`google.auth.transport.requests.AuthorizedSession`). Safe to use from several threads."""

    def address(self, root: str) -> str:
        """Where the API answers whose own address is `root`, such as `https://compute.googleapis.com/`."""


@dataclass(frozen=True)
class GoogleProject:
    """A project of Google Cloud and what it takes to reach it."""

    account_id: str
    """The project's id."""
    credentials: Any
    """Those of `google.auth`."""
    base: str = ""
    """Where all APIs of a simulated Google Cloud answer, such as `http://127.0.0.1:8080`; empty for the real one."""

    @cached_property
    def session(self) -> Any:
        """See `GoogleAccount`."""
        from google.auth.transport.requests import AuthorizedSession
        from requests.adapters import HTTPAdapter

        session = AuthorizedSession(self.credentials)  # type: ignore[no-untyped-call]
        # Threads of an engine call side by side. Nothing is tried again in here: `calls.repeated` does, and tells.
        adapter = HTTPAdapter(pool_connections=_CONNECTIONS, pool_maxsize=_CONNECTIONS)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        session.trust_env = not self.base
        return session

    def address(self, root: str) -> str:
        """See `GoogleAccount`."""
        return self.base.rstrip("/") + "/" if self.base else root


def send(account: GoogleAccount, service: str, region: str, operation: str, params: Mapping[str, Any]) -> Any:  # noqa: ARG001
    """Make one call: a method of a document (`compute`, `networks.insert`), or an edit of a part of something (`editing`). See
    `calls.Send`. What a method takes in its path or query is a parameter; everything else, and what is under `body`, is its body."""
    collection, _, verb = operation.rpartition(".")
    edit = EDITS.get(verb)
    if edit is None:
        return called(account, f"{service}.{operation}", params)

    def ask(name: str, told: Mapping[str, Any]) -> Any:
        return called(account, f"{service}.{name.lstrip('.')}", told)

    return edit(ask, service, collection, params)


def called(account: GoogleAccount, name: str, params: Mapping[str, Any]) -> Any:
    """What a method of the documents answers. Waits for the operation that it begins."""
    about = method(name)
    address = account.address(document(about.api).root).rstrip("/")
    path, query, body = _parts(about, params)
    if about.api.startswith("compute."):
        body = linked(body, params)
    if "media" in params:
        path, query = about.upload["simple"], {**query, "uploadType": "multipart"}
        path = _filled(path if path.startswith("/") else f"/{path}", params)
        return _request(account, about.verb, address + path, query, *_multipart(body, content_of(params["media"])))
    sent = (json.dumps(body).encode(), "application/json") if about.request else (None, "")
    answer = _request(account, about.verb, address + path, query, *sent)
    if about.response == "Operation" and isinstance(answer, Mapping):
        return _done(account, address, path, answer)
    return answer


def fetched(account: GoogleAccount, name: str, params: Mapping[str, Any], start: int) -> Iterator[bytes]:
    """The content that a method gives (`storage.objects.get`), from this byte on, piece by piece. Raises as `calls.Send` says, and
    `ConnectionError` where the line is lost in the middle."""
    about = method(name)
    address = account.address(document(about.api).root).rstrip("/")
    path, query, _ = _parts(about, params)
    headers = {"Range": f"bytes={start}-"} if start else {}
    return _pieces(_answered(account, "GET", f"{address}/download{path}", {**query, "alt": "media"}, headers=headers))


def _pieces(answer: Any) -> Iterator[bytes]:
    import requests

    with answer:
        try:
            yield from answer.iter_content(_PIECE)
        except requests.RequestException as error:
            raise ConnectionError(str(error)) from error


def limited_token(account: GoogleAccount, rules: Sequence[Mapping[str, Any]]) -> str:
    """A token that may do what `account` may within a Credential Access Boundary, and ends with the one that it is made of, within an
    hour. Raises as `calls.Send` says.

    Source: IAM, "Create short-lived credentials with reduced permissions", and RFC 8693 (read 2026-11).
    """
    import requests
    from google.auth.exceptions import GoogleAuthError, OAuthError
    from google.auth.transport.requests import Request
    from google.oauth2.sts import Client

    credentials = account.session.credentials
    exchange = Client(f"{account.address('https://sts.googleapis.com/')}v1/token")  # type: ignore[no-untyped-call]
    try:
        with requests.Session() as sends:
            sends.trust_env = account.session.trust_env
            if not credentials.valid:
                credentials.refresh(Request(sends))
            answer = exchange.exchange_token(  # type: ignore[no-untyped-call]
                Request(sends),
                grant_type="urn:ietf:params:oauth:grant-type:token-exchange",
                subject_token=credentials.token,
                subject_token_type=_ACCESS,
                requested_token_type=_ACCESS,
                additional_options={"accessBoundary": {"accessBoundaryRules": list(rules)}},
            )
    except OAuthError as error:
        raise Declined("invalid_grant", str(error), HTTPStatus.BAD_REQUEST) from error
    except GoogleAuthError as error:
        raise _of_sign_in(error, credentials) from error
    return str(answer["access_token"])


def _parts(about: Method, params: Mapping[str, Any]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Path, query and body of a call."""
    query = {
        key: value
        for key, value in params.items()
        if key in about.parameters and about.parameters[key].location == "query"
    }
    if "requestId" in query:
        query["requestId"] = str(UUID(hex=query["requestId"]))
    body = {key: value for key, value in params.items() if key not in about.parameters and key not in ("body", "media")}
    return _filled(about.path, params), query, {**body, **params.get("body", {})}


def _filled(path: str, params: Mapping[str, Any]) -> str:
    for key, value in params.items():
        path = path.replace(f"{{{key}}}", quote(str(value), safe="")).replace(
            f"{{+{key}}}", quote(str(value), safe="/:@")
        )
    return path


def _multipart(body: Mapping[str, Any], media: bytes) -> tuple[bytes, str]:
    """A medium and what is said of it, in one request (Cloud Storage, "Multipart uploads in JSON", read 2026-11). The mark between the two
    is another each time: what holds the mark itself would be cut there."""
    line = f"====={token_hex(16)}====="
    kind = str(body.get("contentType", "application/octet-stream"))
    head = f"--{line}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{json.dumps(body)}\r\n"
    between = f"--{line}\r\nContent-Type: {kind}\r\n\r\n"
    return head.encode() + between.encode() + media + f"\r\n--{line}--".encode(), f"multipart/related; boundary={line}"


def _request(
    account: GoogleAccount,
    verb: str,
    address: str,
    query: Mapping[str, Any],
    content: bytes | None = None,
    kind: str = "",
) -> Any:
    """What is answered to one request. Raises as `calls.Send` says."""
    answer = _answered(account, verb, address, query, content, {"content-type": kind} if kind else {}, stream=False)
    if not answer.content:
        return {}
    try:
        return answer.json()
    except ValueError as error:
        raise Unanswered(error) from error


def _answered(
    account: GoogleAccount,
    verb: str,
    address: str,
    query: Mapping[str, Any],
    content: bytes | None = None,
    headers: Mapping[str, str] = MappingProxyType({}),
    *,
    stream: bool = True,
) -> Any:
    """The answer to one request, if it is none that refuses. Raises as `calls.Send` says."""
    import requests
    from google.auth.exceptions import GoogleAuthError

    told = {key: str(value).lower() if isinstance(value, bool) else value for key, value in query.items()}
    url = f"{address}?{urlencode(told, doseq=True)}" if told else address
    try:
        answer = account.session.request(
            verb, url, data=content, headers=dict(headers), timeout=_SECONDS, stream=stream
        )
    except requests.RequestException as error:
        raise Unanswered(error) from error
    except GoogleAuthError as error:
        raise _of_sign_in(error, account.session.credentials) from error
    if not answer.ok:
        raise _declined(answer)
    return answer


def _of_sign_in(error: Any, credentials: Any) -> Unanswered | Declined:
    """What credentials for which there is no token mean, or a line that is lost on the way to one."""
    from google.auth.exceptions import TransportError

    if isinstance(error, TransportError) or error.retryable:
        return Unanswered(error)
    why, mend = why_refused(error, credentials)
    return Declined(_UNKNOWN_CALLER, why, HTTPStatus.UNAUTHORIZED, mend=mend)


def _declined(answer: Any) -> Declined:
    """What a refusal says: the reason of older APIs (`notFound`), or the status of newer ones (`NOT_FOUND`)."""
    date = answer.headers.get("Date", "")
    try:
        told = answer.json()["error"]
        first: Mapping[str, Any] = next(iter(told.get("errors") or ()), {})
        detail = next((one["reason"] for one in told.get("details") or () if one.get("reason")), "")
        code = first.get("reason") or told.get("status") or detail or str(answer.status_code)
        message = str(told.get("message", "")) + (f" ({detail})" if detail and detail != code else "")
    except (ValueError, KeyError, TypeError, AttributeError):
        return Declined(str(answer.status_code), answer.text[:300] or answer.reason, answer.status_code, date)
    return Declined(str(code), message, answer.status_code, date)


def _done(account: GoogleAccount, address: str, path: str, operation: Mapping[str, Any]) -> Any:
    """The answer of an operation once it is done. Raises `Declined` for one that failed."""
    where = address + _polled(path, operation)
    pause, deadline = _FIRST_POLL, time.monotonic() + _LONGEST_WAIT
    while not (operation.get("done") or str(operation.get("status", "")).upper() == "DONE"):
        if time.monotonic() > deadline:
            raise CloudError(
                f"{operation.get('name')} of Google Cloud was not done in {_LONGEST_WAIT:.0f} s.",
                "Run the same command again; it continues.",
            )
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST_POLL)
        operation = _request(account, "GET", where, {})
    error = operation.get("error")
    if error:
        first = next(iter(error.get("errors") or ()), error)
        status = int(operation.get("httpErrorStatusCode") or 400)
        raise Declined(str(first.get("code", "")), str(first.get("message", "")), status)
    return operation.get("response") or operation


def _polled(path: str, operation: Mapping[str, Any]) -> str:
    """Where an operation is asked for: beside what it is about, or by its own name. Its own address may be another API's."""
    name = str(operation.get("name", ""))
    if name.startswith("operations/") or name.count("/") > 1:
        return f"/{path.split('/')[1]}/{name}"
    if "/managedZones/" in path:  # of Cloud DNS; `id` is its name there
        return f"{path}/operations/{operation.get('id', name)}"
    parts = path.split("/")
    if parts[5] not in ("global", "zones", "regions"):  # of a method of the project itself
        return "/".join([*parts[:5], "global", "operations", name])
    size = 6 if parts[5] == "global" else 7
    return "/".join(parts[:size]) + f"/operations/{name}"
