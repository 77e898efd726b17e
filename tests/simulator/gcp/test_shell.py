"""The server of the simulated Google Cloud: who may call, what is kept, faults, and the other cloud in the same process."""

import json
import time
from typing import Any

import pytest
import requests
from tests.simulator.gcp.conftest import Google, P, R, Z, refused
from tests.simulator.gcp.studio import insert, network

from soundstage.simulator import process
from soundstage.simulator.faultrules import FaultRule
from soundstage.simulator.gcp.caller import caller_of, token_for
from soundstage.simulator.process import GOOGLE_FRONT, Endpoint

NETWORKS = f"/compute/v1/projects/{P}/global/networks"


def _get(endpoint: Endpoint, path: str, **headers: str) -> Any:
    return requests.get(endpoint.url + path, headers=headers, timeout=60)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "Bearer",
        "Bearer owner",
        "Bearer soundstage.b3duZXI.00",
        "Bearer soundstage..",
        "Basic b3duZXI=",
        "Bearer ya29.x",
    ],
)
def test_a_token_that_was_not_made_here_opens_nothing(google: Google, token: str) -> None:
    answer = _get(google.endpoint, NETWORKS, **({"Authorization": token} if token else {}))
    assert answer.status_code == 401
    assert answer.json()["error"]["status"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_web_pages_and_other_hosts_are_turned_away(google: Google, headers: dict[str, str]) -> None:
    token = {"Authorization": f"Bearer {google.endpoint.google_token()}"}
    assert _get(google.endpoint, NETWORKS, **token, **headers).status_code == 403


def test_a_token_names_its_caller_and_nobody_else_makes_one() -> None:
    token = token_for("secret", "user:ana@studio.example")
    assert caller_of("secret", token) == "user:ana@studio.example"
    assert caller_of("other", token) is None
    first, name, seal = token.split(".")
    assert caller_of("secret", f"{first}.{token_for('secret', 'owner').split('.')[1]}.{seal}") is None
    for wrong in ("", "...", f"{first}.{name}", f"{first}.é.{seal}", f"x.{name}.{seal}"):
        assert caller_of("secret", wrong) is None


@pytest.mark.parametrize(
    ("verb", "path", "body", "code"),
    [
        ("GET", "/compute/v1/projects/p/nowhere", None, 404),
        ("GET", "/compute/v2/projects", None, 404),
        ("GET", NETWORKS + "?nonsense=1", None, 400),
        ("POST", NETWORKS, "{", 400),
        ("POST", NETWORKS, "[]", 400),
        ("POST", NETWORKS, "null", 400),
        ("POST", NETWORKS, json.dumps({"name": "n", "colour": "red"}), 400),
        ("POST", NETWORKS, json.dumps({"name": 5}), 400),
        ("POST", NETWORKS, json.dumps({"name": "n", "autoCreateSubnetworks": "yes"}), 400),
        ("POST", NETWORKS, json.dumps({"name": "n", "mtu": "x"}), 400),
        ("POST", NETWORKS, json.dumps({"name": "n", "routingConfig": {"routingMode": "NOWHERE"}}), 400),
        ("GET", NETWORKS + "?maxResults=x", None, 400),
        ("DELETE", NETWORKS + "/none", None, 404),
        ("PATCH", NETWORKS + "/none", "{}", 404),
        ("POST", "/v1/projects/simulated-studio/locations/x/keyRings", "{}", 200),
        ("GET", "/storage/v1/b", None, 400),
        ("GET", "/storage/v1/b/none-bucket", None, 404),
    ],
)  # fmt: skip
def test_bad_input_gets_a_clear_refusal(google: Google, verb: str, path: str, body: str | None, code: int) -> None:
    head = {"Authorization": f"Bearer {google.endpoint.google_token()}"}
    if "keyRings" in path:
        path += "?keyRingId=ring"
    answer = requests.request(verb, google.endpoint.url + path, data=body, headers=head, timeout=60)
    assert answer.status_code == code
    if code != 200:
        error = answer.json()["error"]
        assert (error["code"], bool(error["message"]), bool(error["status"])) == (code, True, True)


def test_numbers_stand_for_words_of_an_enum(google: Google) -> None:
    head = {"Authorization": f"Bearer {google.endpoint.google_token()}"}
    start = f"{google.endpoint.url}/v1/projects/{P}/locations/{R}/keyRings"
    requests.post(start + "?keyRingId=ring", json={}, headers=head, timeout=60)
    path = start + "/ring/cryptoKeys?cryptoKeyId=k&$alt=json;enum-encoding=int"
    assert requests.post(path, json={"purpose": 1}, headers=head, timeout=60).json()["purpose"] == "ENCRYPT_DECRYPT"


@pytest.mark.parametrize("killed", [False, True])
def test_everything_is_there_after_a_restart(tmp_path: Any, killed: bool) -> None:
    import os
    import signal

    pytest.importorskip("google.cloud.compute_v1")
    first = process.ensure(tmp_path, GOOGLE_FRONT)
    try:
        google = Google(tmp_path, first)
        network(google)
        insert(google)
        google.storage().create_bucket("teaser-media").blob("a").upload_from_string(b"kept")
        before = google.compute("Instances").get(project=P, zone=Z, instance="edit-1")
        if killed:
            os.kill(first.pid, signal.SIGKILL)
            deadline = time.monotonic() + 60
            while process.running(tmp_path) and time.monotonic() < deadline:
                time.sleep(0.02)
        else:
            process.stop(tmp_path)
        again = Google(tmp_path, process.ensure(tmp_path, GOOGLE_FRONT))
        after = again.compute("Instances").get(project=P, zone=Z, instance="edit-1")
        assert (after.id, after.status, after.label_fingerprint) == (before.id, "RUNNING", before.label_fingerprint)
        assert again.storage().bucket("teaser-media").blob("a").download_as_bytes() == b"kept"
    finally:
        process.stop(tmp_path)


@pytest.mark.parametrize(("kind", "code"), [("throttle", 429), ("server-error", 500), ("denied", 403)])
def test_faults_are_refusals_in_googles_words(google: Google, kind: str, code: int) -> None:
    process.set_faults(google.home, [FaultRule("compute:networks.list", kind, times=1)])
    head = {"Authorization": f"Bearer {google.endpoint.google_token()}"}
    assert _get(google.endpoint, NETWORKS, **head).json()["error"]["code"] == code
    assert _get(google.endpoint, NETWORKS, **head).status_code == 200


def test_a_zone_without_room_fails_the_operation_and_makes_nothing(google: Google) -> None:
    from tests.simulator.gcp.studio import machine

    network(google)
    process.set_faults(google.home, [FaultRule("compute:instances.insert", "no-capacity", times=1)])
    operation = google.compute("Instances").insert(project=P, zone=Z, instance_resource=machine())
    found = google.compute("ZoneOperations").get(project=P, zone=Z, operation=operation.name)
    assert found.error.errors[0].code == "ZONE_RESOURCE_POOL_EXHAUSTED"
    assert not list(google.compute("Instances").list(project=P, zone=Z))
    insert(google)


def test_a_lost_answer_is_found_by_asking_again(google: Google) -> None:
    process.set_faults(google.home, [FaultRule("compute:networks.insert", "lost-answer", times=1)])
    head = {"Authorization": f"Bearer {google.endpoint.google_token()}"}
    where = google.endpoint.url + NETWORKS + "?requestId=11111111-2222-4333-8444-555555555555"
    with pytest.raises(requests.ConnectionError):
        requests.post(where, json={"name": "teaser"}, headers=head, timeout=60)
    answer = requests.post(where, json={"name": "teaser"}, headers=head, timeout=60)
    assert (answer.status_code, answer.json()["operationType"]) == (200, "insert")


def test_both_clouds_are_in_one_process_and_forget_together(tmp_path: Any) -> None:
    try:
        endpoint = process.ensure(tmp_path, GOOGLE_FRONT)
        endpoint.client("s3", "us-east-1").create_bucket(Bucket="an-aws-bucket")
        google = Google(tmp_path, endpoint)
        body = {"name": "a-google-bucket"}
        google.api("storage.v1").buckets().insert(project=P, body=body).execute()
        assert process.ensure(tmp_path).pid == endpoint.pid
        assert [each["Name"] for each in endpoint.client("s3").list_buckets()["Buckets"]] == ["an-aws-bucket"]
        process.stop(tmp_path)
        endpoint = process.ensure(tmp_path, GOOGLE_FRONT)
        assert [each["Name"] for each in endpoint.client("s3").list_buckets()["Buckets"]] == ["an-aws-bucket"]
        google = Google(tmp_path, endpoint)
        assert google.api("storage.v1").buckets().get(bucket="a-google-bucket").execute()["name"] == "a-google-bucket"
        process.reset(tmp_path)
        assert endpoint.client("s3").list_buckets()["Buckets"] == []
        assert (
            refused(lambda: google.api("storage.v1").buckets().get(bucket="a-google-bucket").execute()).status_code
            == 404
        )
    finally:
        process.stop(tmp_path)
