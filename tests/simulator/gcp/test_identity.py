"""Service accounts, roles, policies with conditions, and what is enforced, called by clients made of Google's own documents."""

from typing import Any

import pytest
from tests.simulator.gcp.conftest import Google, P, R, Z, done, refused
from tests.simulator.gcp.studio import account, bind, insert, machine, network

from soundstage.simulator import process
from soundstage.simulator.gcp import expressions

ANA = "user:ana@studio.example"


def _accounts(google: Google) -> Any:
    return google.api("iam.v1").projects().serviceAccounts()


def _roles(google: Google) -> Any:
    return google.api("iam.v1").projects().roles()


def _role(google: Google, name: str, *permissions: str) -> str:
    body = {"roleId": name, "role": {"title": name, "includedPermissions": list(permissions), "stage": "GA"}}
    return str(_roles(google).create(parent=f"projects/{P}", body=body).execute()["name"])


def _policy(google: Google) -> dict[str, Any]:
    body = {"options": {"requestedPolicyVersion": 3}}
    found: dict[str, Any] = (
        google.api("cloudresourcemanager.v3").projects().getIamPolicy(resource=f"projects/{P}", body=body).execute()
    )
    return found


@pytest.mark.parametrize("name", ["ws", "Machine-1", "1-machine", "machine-", "a" * 31, "ma chine"])
def test_a_name_that_no_account_can_have_is_refused(google: Google, name: str) -> None:
    assert refused(lambda: account(google, name)).status_code == 400


def test_a_deleted_account_comes_back_as_somebody_else(google: Google) -> None:
    email = account(google)
    first = _accounts(google).get(name=f"projects/-/serviceAccounts/{email}").execute()
    bind(google, {"role": "roles/logging.logWriter", "members": [f"serviceAccount:{email}"]})
    assert refused(lambda: account(google)).status_code == 409
    _accounts(google).delete(name=first["name"]).execute()
    gone = f"deleted:serviceAccount:{email}?uid={first['uniqueId']}"
    assert _policy(google)["bindings"] == [{"role": "roles/logging.logWriter", "members": [gone]}]
    account(google)
    second = _accounts(google).get(name=first["name"]).execute()
    assert second["uniqueId"] != first["uniqueId"]
    assert _policy(google)["bindings"][0]["members"] == [gone]
    _accounts(google).delete(name=second["name"]).execute()
    _accounts(google).undelete(name=f"projects/{P}/serviceAccounts/{first['uniqueId']}", body={}).execute()
    assert _policy(google)["bindings"][0]["members"] == [f"serviceAccount:{email}"]


def test_an_account_is_found_by_its_number_and_changed(google: Google) -> None:
    email = account(google)
    made = _accounts(google).get(name=f"projects/{P}/serviceAccounts/{email}").execute()
    by_number = f"projects/{P}/serviceAccounts/{made['uniqueId']}"
    assert _accounts(google).get(name=by_number).execute()["email"] == email
    body = {"serviceAccount": {"displayName": "New"}, "updateMask": "displayName"}
    assert _accounts(google).patch(name=made["name"], body=body).execute()["displayName"] == "New"
    assert [each["email"] for each in _accounts(google).list(name=f"projects/{P}").execute()["accounts"]] == [email]


def test_a_role_that_was_deleted_keeps_its_name_and_holds_nothing(google: Google) -> None:
    name = _role(google, "stopper", "compute.instances.stop")
    _roles(google).delete(name=name).execute()
    assert refused(lambda: _role(google, "stopper", "compute.instances.get")).status_code == 409
    assert refused(lambda: bind(google, {"role": name, "members": [ANA]})).status_code == 400
    assert "roles" not in _roles(google).list(parent=f"projects/{P}").execute()
    _roles(google).undelete(name=name, body={}).execute()
    bind(google, {"role": name, "members": [ANA]})


@pytest.mark.parametrize(
    ("name", "permission"),
    [("st", "compute.instances.stop"), ("st-op", "compute.instances.stop"), ("stopper", "compute.instances.paint")],
)
def test_a_role_that_cannot_be_is_refused(google: Google, name: str, permission: str) -> None:
    assert refused(lambda: _role(google, name, permission)).status_code == 400


def test_a_role_is_changed_by_whoever_read_the_last_one(google: Google) -> None:
    name = _role(google, "stopper", "compute.instances.stop")
    first = _roles(google).get(name=name).execute()
    change = {"title": "x", "etag": first["etag"]}
    _roles(google).patch(name=name, updateMask="title", body=change).execute()
    assert (
        refused(lambda: _roles(google).patch(name=name, updateMask="title", body=change).execute()).status_code == 409
    )
    assert _roles(google).get(name=name).execute()["includedPermissions"] == ["compute.instances.stop"]


def test_a_role_of_googles_says_what_it_holds(google: Google) -> None:
    role = google.api("iam.v1").roles().get(name="roles/storage.objectViewer").execute()
    assert {"storage.objects.get", "storage.objects.list"} <= set(role["includedPermissions"])
    assert "storage.objects.delete" not in role["includedPermissions"]


@pytest.mark.parametrize(
    "binding",
    [
        {"role": "roles/none.none", "members": [ANA]},
        {"role": f"projects/{P}/roles/none", "members": [ANA]},
        {"role": "roles/viewer", "members": ["ana@studio.example"]},
        {"role": "roles/viewer", "members": ["user:ana"]},
        {"role": "roles/viewer", "members": [f"serviceAccount:none@{P}.iam.gserviceaccount.com"]},
        {"role": "roles/viewer", "members": [ANA], "condition": {"title": "x", "expression": "resource.name =="}},
        {"role": "roles/viewer", "members": [ANA], "condition": {"title": "x", "expression": "steal()"}},
    ],
)
def test_a_binding_that_cannot_be_is_refused(google: Google, binding: dict[str, Any]) -> None:
    assert refused(lambda: bind(google, binding)).status_code == 400
    assert "bindings" not in _policy(google)


def test_two_who_change_a_policy_do_not_lose_each_others_change(google: Google) -> None:
    projects = google.api("cloudresourcemanager.v3").projects()
    bind(google, {"role": "roles/viewer", "members": [ANA]})
    policy = _policy(google)
    policy["bindings"].append({"role": "roles/browser", "members": [ANA]})
    projects.setIamPolicy(resource=f"projects/{P}", body={"policy": policy}).execute()
    error = refused(lambda: projects.setIamPolicy(resource=f"projects/{P}", body={"policy": policy}).execute())
    assert error.status_code == 409
    assert "concurrent policy changes" in str(error)


def test_conditions_are_told_to_whoever_asks_for_them_and_are_not_dropped(google: Google) -> None:
    projects = google.api("cloudresourcemanager.v3").projects()
    condition = {"title": "t", "expression": 'resource.name.startsWith("projects/x")'}
    bind(google, {"role": "roles/viewer", "members": [ANA], "condition": condition})
    assert _policy(google)["bindings"][0]["condition"] == condition
    plain = projects.getIamPolicy(resource=f"projects/{P}", body={}).execute()
    assert "condition" not in plain["bindings"][0]
    assert "_withcond_" in plain["bindings"][0]["role"]
    body = {"policy": {"bindings": [{"role": "roles/viewer", "members": [ANA]}]}}
    assert refused(lambda: projects.setIamPolicy(resource=f"projects/{P}", body=body).execute()).status_code == 400


def _guard(google: Google, *permissions: str) -> Google:
    """A service account that holds a role of these permissions."""
    email = account(google)
    bind(google, {"role": _role(google, "guard", *permissions), "members": [f"serviceAccount:{email}"]})
    process.set_enforcement(google.home, True)
    return google.as_(f"serviceAccount:{email}")


@pytest.mark.parametrize(
    ("what", "allowed"),
    [
        ("get", True),
        ("stop", True),
        ("start", False),
        ("delete", False),
        ("list", False),
        ("operation", False),
        ("network", False),
    ],
)
def test_the_idle_guard_may_stop_its_machine_and_nothing_else(google: Google, what: str, allowed: bool) -> None:
    network(google)
    insert(google)
    operation = google.compute("Instances").stop(project=P, zone=Z, instance="edit-1")
    done(google, operation)
    if what != "start":
        done(google, google.compute("Instances").start(project=P, zone=Z, instance="edit-1"))
    guard = _guard(google, "compute.instances.get", "compute.instances.stop")
    machines, where = guard.compute("Instances"), {"project": P, "zone": Z, "instance": "edit-1"}
    calls = {
        "get": lambda: machines.get(**where),
        "stop": lambda: machines.stop(**where),
        "start": lambda: machines.start(**where),
        "delete": lambda: machines.delete(**where),
        "list": lambda: list(machines.list(project=P, zone=Z)),
        "operation": lambda: guard.compute("ZoneOperations").get(project=P, zone=Z, operation=operation.name),
        "network": lambda: guard.compute("Networks").delete(project=P, network="teaser"),
    }
    if allowed:
        calls[what]()
    else:
        error = refused(calls[what])
        assert error.code == 403
        assert "Required 'compute." in error.message


def test_waiting_for_an_operation_takes_a_permission_of_its_own(google: Google) -> None:
    network(google)
    insert(google)
    guard = _guard(google, "compute.instances.stop", "compute.zoneOperations.get")
    done(guard, guard.compute("Instances").stop(project=P, zone=Z, instance="edit-1"))


def test_making_a_machine_with_an_account_takes_the_right_to_act_as_it(google: Google) -> None:
    c = pytest.importorskip("google.cloud.compute_v1")
    network(google)
    other = account(google, "other-1")
    rights = (
        "instances.create",
        "instances.setServiceAccount",
        "instances.setLabels",
        "disks.create",
        "subnetworks.use",
        "zoneOperations.get",
        "instances.get",
    )
    maker = _guard(google, *(f"compute.{each}" for each in rights))
    asked = machine(
        service_accounts=[c.ServiceAccount(email=other, scopes=["https://www.googleapis.com/auth/cloud-platform"])]
    )
    error = refused(lambda: insert(maker, asked))
    assert "iam.serviceAccounts.actAs" in error.message
    body = {"policy": {"bindings": [{"role": "roles/iam.serviceAccountUser", "members": [maker.caller]}]}}
    _accounts(google).setIamPolicy(resource=f"projects/{P}/serviceAccounts/{other}", body=body).execute()
    insert(maker, asked)


@pytest.mark.parametrize(("name", "allowed"), [("ana/1.mov", True), ("bo/1.mov", False), ("ana", False)])
def test_a_machine_reaches_one_folder_of_the_media(google: Google, name: str, allowed: bool) -> None:
    pytest.importorskip("google.cloud.storage")
    bucket = google.storage().create_bucket("teaser-media", location=R)
    bucket.blob(name).upload_from_string(b"x")
    email = account(google)
    expression = (
        'resource.name.startsWith("projects/_/buckets/teaser-media/objects/ana/") || '
        'api.getAttribute("storage.googleapis.com/objectListPrefix", "").startsWith("ana/")'
    )
    binding = {
        "role": "roles/storage.objectUser", "members": {f"serviceAccount:{email}"},
        "condition": {"title": "one-folder", "expression": expression},
    }  # fmt: skip
    policy = bucket.get_iam_policy(requested_policy_version=3)
    policy.version, policy.bindings = 3, [binding]
    bucket.set_iam_policy(policy)
    process.set_enforcement(google.home, True)
    own = google.as_(f"serviceAccount:{email}").storage().bucket("teaser-media")
    calls = [
        lambda: own.blob(name).download_as_bytes(),
        lambda: own.blob(name).upload_from_string(b"y"),
        lambda: list(own.client.list_blobs(own, prefix=name)),
        lambda: own.blob(name).delete(),
    ]
    for call in calls:
        if allowed:
            call()
        else:
            assert refused(call).code == 403


def test_a_role_on_a_thing_counts_only_there(google: Google) -> None:
    network(google)
    for name in ("edit-1", "edit-2"):
        insert(google, machine(name))
    body = {"policy": {"bindings": [{"role": "roles/compute.instanceAdmin.v1", "members": [ANA]}]}}
    google.api("compute.v1").instances().setIamPolicy(project=P, zone=Z, resource="edit-1", body=body).execute()
    process.set_enforcement(google.home, True)
    ana = google.as_(ANA)
    assert ana.compute("Instances").get(project=P, zone=Z, instance="edit-1").name == "edit-1"
    assert refused(lambda: ana.compute("Instances").get(project=P, zone=Z, instance="edit-2")).code == 403


def test_tunnels_are_allowed_machine_by_machine_and_port_by_port(google: Google) -> None:
    network(google)
    insert(google)
    iap = google.api("iap.v1").v1()
    resource = f"projects/123456789012/iap_tunnel/zones/{Z}/instances/edit-1"
    condition = {"title": "ports", "expression": "destination.port == 22 || destination.port == 8443"}
    binding = {"role": "roles/iap.tunnelResourceAccessor", "members": [ANA], "condition": condition}
    iap.setIamPolicy(resource=resource, body={"policy": {"version": 3, "bindings": [binding]}}).execute()
    body = {"options": {"requestedPolicyVersion": 3}}
    assert iap.getIamPolicy(resource=resource, body=body).execute()["bindings"] == [binding]
    none = resource.replace("edit-1", "none")
    assert refused(lambda: iap.getIamPolicy(resource=none, body={}).execute()).status_code == 404


def test_whoever_is_signed_in_may_look_at_googles_own_images_and_no_others(google: Google) -> None:
    guard = _guard(google, "compute.instances.stop")
    images = guard.api("compute.v1").images()
    family = images.getFromFamily(project="ubuntu-os-cloud", family="ubuntu-2404-lts-amd64").execute()
    assert images.get(project="ubuntu-os-cloud", image=family["name"]).execute()["name"] == family["name"]
    for call in (
        images.list(project=P),
        guard.api("compute.v1").machineTypes().list(project="ubuntu-os-cloud", zone=Z),
    ):
        assert refused(call.execute).status_code == 403


def test_what_one_may_is_told_to_whoever_asks(google: Google) -> None:
    email = account(google)
    bind(google, {"role": "roles/logging.logWriter", "members": [f"serviceAccount:{email}"]})
    projects = google.as_(f"serviceAccount:{email}").api("cloudresourcemanager.v3").projects()
    asked = {"permissions": ["logging.logEntries.create", "compute.instances.delete"]}
    told = projects.testIamPermissions(resource=f"projects/{P}", body=asked).execute()
    assert told == {"permissions": ["logging.logEntries.create"]}


def _assert_nobody(caller: Google) -> None:
    """Google's client asks for another token then, which ours cannot."""
    from google.auth.exceptions import RefreshError

    with pytest.raises(RefreshError):
        list(caller.compute("Networks").list(project=P))


def test_an_account_that_is_gone_or_switched_off_is_nobody(google: Google) -> None:
    email = account(google)
    caller = google.as_(f"serviceAccount:{email}")
    caller.compute("Networks").list(project=P)
    name = f"projects/{P}/serviceAccounts/{email}"
    _accounts(google).disable(name=name, body={}).execute()
    _assert_nobody(caller)
    _accounts(google).enable(name=name, body={}).execute()
    list(caller.compute("Networks").list(project=P))
    _accounts(google).delete(name=name).execute()
    _assert_nobody(caller)


@pytest.mark.parametrize(
    ("text", "true"),
    [
        ('resource.name == "a"', True),
        ('resource.name != "a"', False),
        ('resource.name.endsWith("a") && resource.type == "t"', True),
        ('!(resource.name.startsWith("b")) && (resource.type == "u" || destination.port == 22)', True),
        ("destination.port == 3389", False),
        ("destination.port in [22, 8443]", True),
        ('request.time < timestamp("2026-01-01T00:00:00Z")', True),
        ('request.time > timestamp("2026-01-01T00:00:00Z")', False),
        ('resource.none == "a"', False),
        ('resource.none.startsWith("a")', False),
        ('api.getAttribute("k", "d") == "d"', True),
        ('api.getAttribute("seen", "d").contains("al")', True),
    ],
)
def test_conditions_are_judged(text: str, true: bool) -> None:
    known = {
        "resource.name": "a",
        "resource.type": "t",
        "destination.port": 22,
        "request.time": 1.0,
        "api": {"seen": "value"},
    }
    assert expressions.holds(text, known) is true


@pytest.mark.parametrize(
    "text", ["", "resource.name ==", "(a", "a b", "resource.name.steal('x')", "'open", "@", "&& a"]
)
def test_conditions_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(expressions.Unreadable):
        expressions.holds(text, {"resource.name": "a"})
