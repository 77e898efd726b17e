"""A real project of Google Cloud for tests: the real addresses, credentials and calls of `cloud: gcp`, and nobody but this machine answers.

What goes to an API of Google's is answered by the simulated Google Cloud on loopback, what goes to where Google gives tokens by `Tokens`, and
everything else fails. Neither the product nor the simulated cloud knows of it: only the way out of `requests` is another.
"""

import base64
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter

from soundstage.core.home import state_home
from soundstage.simulator import process
from soundstage.simulator.process import GOOGLE_BILLING_ACCOUNT, GOOGLE_FRONT, GOOGLE_PROJECT, Endpoint

PERSON = {"type": "authorized_user", "client_id": "i", "client_secret": "s", "refresh_token": "r"}
"""As `gcloud auth application-default login` writes it."""
SERVICE_ACCOUNT = f"ci@{GOOGLE_PROJECT}.iam.gserviceaccount.com"
IMPERSONATED = {
    "type": "impersonated_service_account", "source_credentials": PERSON, "delegates": [],
    "service_account_impersonation_url": "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/"
    f"{SERVICE_ACCOUNT}:generateAccessToken",
}  # fmt: skip
_GIVES_TOKENS = (
    "oauth2.googleapis.com", "sts.googleapis.com", "iamcredentials.googleapis.com", "openidconnect.googleapis.com",
)  # fmt: skip


@dataclass
class Tokens:
    """Where Google gives tokens. Each is good for `lasts` calls."""

    lasts: int | None = None
    refusal: tuple[int, dict[str, Any]] | None = None
    """Status and body with which no token is given."""
    given: list[str] = field(default_factory=list)
    """What was asked for each, in the order of the tokens: `refresh_token`, an assertion …"""
    uses: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """The addresses of Google that were called."""
    caller: str = "owner"
    """Who the simulated Google Cloud takes whoever signs in for."""
    after: tuple[int, tuple[int, dict[str, Any]]] | None = None
    """After so many tokens, how more are refused."""

    def answer(self, request: requests.PreparedRequest) -> tuple[int, dict[str, Any]]:
        url = str(request.url)
        if "userinfo" in url:
            return 200, {"email": "ana@studio.example"}
        refusal = self.after[1] if self.after and len(self.given) >= self.after[0] else self.refusal
        if refusal:
            return refusal
        text = request.body.decode() if isinstance(request.body, bytes) else str(request.body)
        self.given.append(parse_qs(text).get("grant_type", [url])[0])
        token = f"token-{len(self.given)}"
        if "generateAccessToken" in url:
            return 200, {"accessToken": token, "expireTime": "2999-01-01T00:00:00Z"}
        kind = {"issued_token_type": "urn:ietf:params:oauth:token-type:access_token"} if "sts." in url else {}
        return 200, {"access_token": token, "expires_in": 3599, "token_type": "Bearer", **kind}

    def accepts(self, token: str) -> bool:
        self.uses[token] = self.uses.get(token, 0) + 1
        return token.startswith("token-") and (self.lasts is None or self.uses[token] <= self.lasts)


@dataclass(frozen=True)
class RealOne:
    """What stands for a real project of Google Cloud."""

    tokens: Tokens
    endpoint: Endpoint
    folder: Path

    def sign_in(self, credentials: dict[str, Any] | None, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Put credentials where `google-auth` finds them; None for none."""
        file = self.folder / "credentials.json"
        file.unlink(missing_ok=True)
        if credentials is not None:
            file.write_text(json.dumps(credentials))
            monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
        else:
            monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
        return file

    def call(self, verb: str, path: str, body: object = None) -> Any:
        """Ask the simulated Google Cloud as its owner, as somebody would in the console."""
        headers = {"Authorization": f"Bearer {self.endpoint.google_token()}"}
        answer = requests.request(verb, self.endpoint.url + path, json=body, headers=headers, timeout=30)
        assert answer.ok, answer.text
        return answer.json() if answer.content else {}


def key_file() -> dict[str, Any]:
    """A service account's key, made here."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pem = rsa.generate_private_key(65537, 2048).private_bytes(*form).decode()
    return {"type": "service_account", "client_email": SERVICE_ACCOUNT, "private_key": pem, "private_key_id": "1",
            "project_id": "another-project", "token_uri": "https://oauth2.googleapis.com/token"}  # fmt: skip


def federated(folder: Path) -> dict[str, Any]:
    """What `gcloud iam workload-identity-pools create-cred-config` writes for a pipeline whose token is in a file."""
    token = folder / "oidc-token"
    token.write_text(base64.b64encode(b"of the pipeline").decode())
    return {
        "type": "external_account", "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/providers/git",
        "token_url": "https://sts.googleapis.com/v1/token", "credential_source": {"file": str(token)},
        "service_account_impersonation_url": IMPERSONATED["service_account_impersonation_url"],
    }  # fmt: skip


def real_google(folder: Path, monkeypatch: pytest.MonkeyPatch) -> RealOne:
    """Let `cloud: gcp` reach the simulated Google Cloud of this test's state folder, signed in as a person."""
    endpoint = process.ensure(state_home(), GOOGLE_FRONT)
    tokens, send = Tokens(), HTTPAdapter.send

    def sent(adapter: HTTPAdapter, request: requests.PreparedRequest, *given: Any, **more: Any) -> requests.Response:
        url = urlsplit(str(request.url))
        host = url.hostname or ""
        if host == "127.0.0.1":
            return send(adapter, request, *given, **more)
        tokens.asked.append(host)
        if host in _GIVES_TOKENS:
            return _response(request, *tokens.answer(request))
        assert (url.scheme, host.endswith(".googleapis.com")) == ("https", True), f"{request.url} is not on loopback"
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not tokens.accepts(token):
            return _response(request, 401, {"error": {"code": 401, "status": "UNAUTHENTICATED", "message": "expired"}})
        assert request.headers.get("x-goog-user-project"), "nobody would be counted for a person's calls"
        request = request.copy()
        request.headers["Authorization"] = f"Bearer {endpoint.google_token(tokens.caller)}"
        request.url = endpoint.url + url._replace(scheme="", netloc="").geturl()
        return send(adapter, request, *given, **more)

    monkeypatch.setattr(HTTPAdapter, "send", sent)
    found = RealOne(tokens, endpoint, folder)
    found.sign_in(PERSON, monkeypatch)
    return found


def _response(request: requests.PreparedRequest, status: int, body: dict[str, Any]) -> requests.Response:
    answer = requests.Response()
    answer.status_code, answer._content, answer.request, answer.url = status, json.dumps(body).encode(), request, str(request.url)  # fmt: skip
    answer.headers["Content-Type"] = "application/json"
    return answer


def studio_file(folder: Path, **other: object) -> Path:
    """A studio file for the project that is simulated."""
    said = {
        "studio": "northlight", "home_region": "europe-west4", "account": GOOGLE_PROJECT,
        "billing_account": GOOGLE_BILLING_ACCOUNT, "alert_emails": ["ana@studio.example"], **other,
    }  # fmt: skip
    file = folder / "studio.yaml"
    file.write_text("".join(f"{key}: {json.dumps(value)}\n" for key, value in said.items() if value is not None))
    return file


def image_of(google: RealOne) -> str:
    """A public image, which stands for one that was baked."""
    found = google.call("GET", "/compute/v1/projects/ubuntu-os-cloud/global/images/family/ubuntu-2404-lts-amd64")
    return f"projects/ubuntu-os-cloud/global/images/{found['name']}"
