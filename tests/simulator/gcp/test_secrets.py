"""Secret Manager, called by a client that is made of Google's own document."""

import base64
from typing import Any

from tests.simulator.gcp.conftest import Google, P, R, refused

NAME = f"projects/{P}/secrets/door"
BO = "user:bo@studio.example"


def _made(google: Google) -> Any:
    secrets = google.api("secretmanager.v1").projects().secrets()
    replication = {"userManaged": {"replicas": [{"location": R}]}}
    secrets.create(parent=f"projects/{P}", secretId="door", body={"replication": replication}).execute()
    return secrets


def _holds(secrets: Any, text: str) -> str:
    body = {"payload": {"data": base64.b64encode(text.encode()).decode()}}
    return str(secrets.addVersion(parent=NAME, body=body).execute()["name"])


def test_the_latest_version_is_told_and_a_destroyed_one_is_gone_for_good(google: Google) -> None:
    secrets = _made(google)
    first, latest = _holds(secrets, "old"), f"{NAME}/versions/latest"
    _holds(secrets, "new")
    told = secrets.versions().access(name=latest).execute()["payload"]["data"]
    assert base64.b64decode(told) == b"new"
    secrets.versions().destroy(name=first, body={}).execute()
    for call in ("destroy", "enable"):
        error = refused(lambda call=call: getattr(secrets.versions(), call)(name=first, body={}).execute())
        assert (error.status_code, "is in DESTROYED state" in str(error)) == (400, True)
    assert refused(lambda: secrets.versions().access(name=first).execute()).status_code == 400


def test_whoever_could_read_a_deleted_secret_could_read_the_next_of_its_name(google: Google) -> None:
    secrets = _made(google)
    role = {"title": "Reader", "includedPermissions": ["secretmanager.versions.access"]}
    reader = (
        google.api("iam.v1").projects().roles().create(parent=f"projects/{P}", body={"roleId": "reader", "role": role})
    )
    policy = {"bindings": [{"role": reader.execute()["name"], "members": [BO]}]}
    secrets.setIamPolicy(resource=NAME, body={"policy": policy}).execute()
    _holds(secrets, "old")
    secrets.delete(name=NAME).execute()
    again = _made(google)
    assert BO not in str(again.getIamPolicy(resource=NAME).execute())
    assert "versions" not in again.versions().list(parent=NAME).execute()
