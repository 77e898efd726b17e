"""The smaller APIs, called by clients that are made of Google's own documents."""

import base64
from pathlib import Path
from typing import Any

import pytest
from tests.simulator.gcp.conftest import Google, P, R, refused
from tests.simulator.gcp.studio import NETWORK, SUBNET, account, insert, key, machine, network

from soundstage.simulator import process
from soundstage.simulator.process import GOOGLE_BILLING_ACCOUNT

LOCATION = f"projects/{P}/locations/{R}"


def _kms(google: Google) -> Any:
    return google.api("cloudkms.v1").projects().locations().keyRings().cryptoKeys()


def test_a_key_has_versions_of_which_one_is_primary(google: Google) -> None:
    name = key(google)
    versions = _kms(google).cryptoKeyVersions()
    assert _kms(google).get(name=name).execute()["primary"]["state"] == "ENABLED"
    second = versions.create(parent=name, body={}).execute()["name"]
    assert _kms(google).get(name=name).execute()["primary"]["name"].endswith("/1")
    _kms(google).updatePrimaryVersion(name=name, body={"cryptoKeyVersionId": "2"}).execute()
    assert _kms(google).get(name=name).execute()["primary"]["name"] == second
    assert len(versions.list(parent=name).execute()["cryptoKeyVersions"]) == 2


def test_what_a_key_encrypted_it_decrypts_and_no_other_key_does(google: Google) -> None:
    name, other = key(google), key(google, "other")
    sealed = (
        _kms(google).encrypt(name=name, body={"plaintext": base64.b64encode(b"hi").decode()}).execute()["ciphertext"]
    )
    opened = _kms(google).decrypt(name=name, body={"ciphertext": sealed}).execute()
    assert base64.b64decode(opened["plaintext"]) == b"hi"
    assert refused(lambda: _kms(google).decrypt(name=other, body={"ciphertext": sealed}).execute()).status_code == 400
    version = f"{name}/cryptoKeyVersions/1"
    _kms(google).cryptoKeyVersions().patch(name=version, updateMask="state", body={"state": "DISABLED"}).execute()
    assert "not enabled" in str(refused(lambda: _kms(google).decrypt(name=name, body={"ciphertext": sealed}).execute()))


def test_a_list_of_keys_told_the_primary_version_as_it_was_before_a_restart(tmp_path: Path) -> None:
    name = key(Google(tmp_path, process.ensure(tmp_path, process.GOOGLE_FRONT)))
    process.stop(tmp_path)
    google = Google(tmp_path, process.ensure(tmp_path, process.GOOGLE_FRONT))
    version = f"{name}/cryptoKeyVersions/1"
    _kms(google).cryptoKeyVersions().patch(name=version, updateMask="state", body={"state": "DISABLED"}).execute()
    (listed,) = _kms(google).list(parent=name.partition("/cryptoKeys/")[0]).execute()["cryptoKeys"]
    process.stop(tmp_path)
    assert listed["primary"]["state"] == "DISABLED"


def test_a_destroyed_version_can_be_kept_for_a_month(google: Google) -> None:
    version = f"{key(google)}/cryptoKeyVersions/1"
    versions = _kms(google).cryptoKeyVersions()
    assert versions.destroy(name=version, body={}).execute()["state"] == "DESTROY_SCHEDULED"
    assert versions.restore(name=version, body={}).execute()["state"] == "DISABLED"
    versions.destroy(name=version, body={}).execute()
    process.turn_clock(google.home, 31 * 86400)
    assert versions.get(name=version).execute()["state"] == "DESTROYED"
    assert refused(lambda: versions.restore(name=version, body={}).execute()).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"purpose": "NOTHING"},
        {"purpose": "ENCRYPT_DECRYPT", "rotatePeriod": "1s"},
        {"purpose": "ENCRYPT_DECRYPT", "rotationPeriod": "3600s", "nextRotationTime": "2027-01-01T00:00:00Z"},
        {"purpose": "ENCRYPT_DECRYPT", "rotationPeriod": "7776000s"},
        {"purpose": "ASYMMETRIC_SIGN"},
        {"purpose": "ENCRYPT_DECRYPT", "labels": {"Owner": "x"}},
    ],
)
def test_a_key_that_cannot_be_is_refused(google: Google, body: dict[str, Any]) -> None:
    key(google)
    call = _kms(google).create(parent=f"{LOCATION}/keyRings/studio", cryptoKeyId="wrong", body=body)
    assert refused(call.execute).status_code == 400
    assert len(_kms(google).list(parent=f"{LOCATION}/keyRings/studio").execute()["cryptoKeys"]) == 1


def test_a_key_ring_is_made_once(google: Google) -> None:
    key(google)
    rings = google.api("cloudkms.v1").projects().locations().keyRings()
    assert refused(lambda: rings.create(parent=LOCATION, keyRingId="studio", body={}).execute()).status_code == 409


def test_a_sink_writes_by_an_account_of_its_own(google: Google) -> None:
    sinks = google.api("logging.v2").projects().sinks()
    made = sinks.create(
        parent=f"projects/{P}", uniqueWriterIdentity=True,
        body={"name": "all", "destination": "storage.googleapis.com/teaser-audit", "filter": "logName:cloudaudit"},
    ).execute()  # fmt: skip
    assert made["name"] == "all"
    assert made["writerIdentity"].startswith("serviceAccount:")
    name = f"projects/{P}/sinks/all"
    changed = sinks.patch(sinkName=name, updateMask="filter", body={"filter": "severity>=ERROR"}).execute()
    assert (changed["filter"], changed["destination"]) == ("severity>=ERROR", "storage.googleapis.com/teaser-audit")
    wrong = {"name": "bad", "destination": "ftp://x"}
    assert refused(lambda: sinks.create(parent=f"projects/{P}", body=wrong).execute()).status_code == 400
    sinks.delete(sinkName=name).execute()
    assert refused(lambda: sinks.get(sinkName=name).execute()).status_code == 404


def test_a_locked_bucket_of_logs_is_neither_unlocked_nor_deleted(google: Google) -> None:
    buckets = google.api("logging.v2").projects().locations().buckets()
    name = f"{LOCATION}/buckets/audit"
    buckets.create(parent=LOCATION, bucketId="audit", body={"retentionDays": 400}).execute()
    buckets.patch(name=name, updateMask="locked", body={"locked": True}).execute()
    for mask, body in (("locked", {"locked": False}), ("retentionDays", {"retentionDays": 30})):
        assert (
            refused(
                lambda mask=mask, body=body: buckets.patch(name=name, updateMask=mask, body=body).execute()
            ).status_code
            == 400
        )
    assert refused(lambda: buckets.delete(name=name).execute()).status_code == 400
    buckets.patch(name=name, updateMask="retentionDays", body={"retentionDays": 500}).execute()
    assert buckets.get(name=name).execute()["retentionDays"] == 500
    always = buckets.get(name=f"projects/{P}/locations/global/buckets/_Required").execute()
    assert (always["retentionDays"], always["locked"]) == (400, True)


def test_entries_are_written_and_read(google: Google) -> None:
    entries = google.api("logging.v2").entries()
    body = {
        "logName": f"projects/{P}/logs/guard",
        "resource": {"type": "global"},
        "entries": [{"textPayload": "one"}, {"textPayload": "two"}],
    }
    entries.write(body=body).execute()
    told = entries.list(body={"resourceNames": [f"projects/{P}"]}).execute()["entries"]
    assert [each["textPayload"] for each in told] == ["one", "two"]


def test_an_alert_tells_people_who_are_there(google: Google) -> None:
    monitoring = google.api("monitoring.v3").projects()
    channels, alerts = monitoring.notificationChannels(), monitoring.alertPolicies()
    wrong = {"type": "email", "labels": {"email_address": "ana"}}
    assert refused(lambda: channels.create(name=f"projects/{P}", body=wrong).execute()).status_code == 400
    body = {"type": "email", "displayName": "Ana", "labels": {"email_address": "ana@studio.example"}}
    ana = channels.create(name=f"projects/{P}", body=body).execute()["name"]
    condition = {
        "displayName": "x",
        "conditionThreshold": {"filter": 'metric.type="x"', "comparison": "COMPARISON_GT", "duration": "0s"},
    }
    alert = {"displayName": "a", "combiner": "OR", "conditions": [condition], "notificationChannels": [ana]}
    made = alerts.create(name=f"projects/{P}", body=alert).execute()
    assert made["conditions"][0]["name"].startswith(made["name"])
    assert refused(lambda: channels.delete(name=ana).execute()).status_code == 400
    for broken in (
        {**alert, "notificationChannels": [ana + "0"]},
        {**alert, "conditions": []},
        {**alert, "combiner": "NOR"},
    ):
        assert refused(
            lambda broken=broken: alerts.create(name=f"projects/{P}", body=broken).execute()
        ).status_code in (400, 404)
    channels.delete(name=ana, force=True).execute()
    assert alerts.get(name=made["name"]).execute()["notificationChannels"] == []


def test_a_budget_tells_a_topic(google: Google) -> None:
    topic = f"projects/{P}/topics/spent"
    google.api("pubsub.v1").projects().topics().create(name=topic, body={}).execute()
    budgets = google.api("billingbudgets.v1").billingAccounts().budgets()
    parent = f"billingAccounts/{GOOGLE_BILLING_ACCOUNT}"
    body = {
        "displayName": "studio.teaser", "amount": {"specifiedAmount": {"units": "500", "currencyCode": "USD"}},
        "thresholdRules": [{"thresholdPercent": 0.5}], "notificationsRule": {"pubsubTopic": topic, "schemaVersion": "1.0"},
    }  # fmt: skip
    made = budgets.create(parent=parent, body=body).execute()
    assert budgets.list(parent=parent).execute()["budgets"][0]["name"] == made["name"]
    change = {"amount": {"specifiedAmount": {"units": "600", "currencyCode": "USD"}}}
    changed = budgets.patch(name=made["name"], updateMask="amount", body=change).execute()
    assert (changed["amount"]["specifiedAmount"]["units"], changed["displayName"]) == ("600", "studio.teaser")
    one, other = {"soundstage-project": ["teaser"]}, {"soundstage-studio": ["home"]}
    mask, labelled = "budgetFilter", {"budgetFilter": {"labels": one}}
    changed = budgets.patch(name=made["name"], updateMask=mask, body=labelled).execute()
    assert changed["budgetFilter"]["labels"] == one
    several = {"budgetFilter": {"labels": {**one, **other}}}
    assert refused(lambda: budgets.patch(name=made["name"], updateMask=mask, body=several).execute()).status_code == 400
    for wrong in (
        {**body, **several},
        {**body, "budgetFilter": {"labels": {"soundstage-project": ["teaser", "feature"]}}},
        {**body, "amount": {}},
        {**body, "thresholdRules": [{"thresholdPercent": -1}]},
        {**body, "notificationsRule": {"pubsubTopic": topic + "0"}},
    ):
        assert refused(lambda wrong=wrong: budgets.create(parent=parent, body=wrong).execute()).status_code in (
            400,
            404,
        )
    assert (
        refused(lambda: budgets.create(parent="billingAccounts/000000-000000-000000", body=body).execute()).status_code
        == 404
    )
    budgets.delete(name=made["name"]).execute()


def test_what_is_published_is_heard_until_it_is_acknowledged(google: Google) -> None:
    pubsub = google.api("pubsub.v1").projects()
    topic, name = f"projects/{P}/topics/spent", f"projects/{P}/subscriptions/stop"
    wrong = {"topic": topic}
    assert refused(lambda: pubsub.subscriptions().create(name=name, body=wrong).execute()).status_code == 404
    pubsub.topics().create(name=topic, body={"labels": {"a": "b"}}).execute()
    pubsub.subscriptions().create(name=name, body={"topic": topic}).execute()
    data = base64.urlsafe_b64encode(b"\xfb\xff").decode()  # either alphabet is base 64
    wrong = {"messages": [{"data": "not base 64"}]}
    assert refused(lambda: pubsub.topics().publish(topic=topic, body=wrong).execute()).status_code == 400
    pubsub.topics().publish(topic=topic, body={"messages": [{"data": data}]}).execute()
    heard = pubsub.subscriptions().pull(subscription=name, body={"maxMessages": 5}).execute()["receivedMessages"]
    assert heard[0]["message"]["data"] == data
    assert pubsub.subscriptions().pull(subscription=name, body={"maxMessages": 5}).execute() == {}
    process.turn_clock(google.home, 11)
    heard = pubsub.subscriptions().pull(subscription=name, body={"maxMessages": 5}).execute()["receivedMessages"]
    pubsub.subscriptions().acknowledge(subscription=name, body={"ackIds": [heard[0]["ackId"]]}).execute()
    process.turn_clock(google.home, 11)
    assert pubsub.subscriptions().pull(subscription=name, body={"maxMessages": 5}).execute() == {}
    pubsub.topics().delete(topic=topic).execute()
    assert pubsub.subscriptions().get(subscription=name).execute()["topic"] == "_deleted-topic_"


def _forbid(google: Google, name: str, rule: dict[str, Any]) -> None:
    body = {"name": f"projects/{P}/policies/{name}", "spec": {"rules": [rule]}}
    google.api("orgpolicy.v2").projects().policies().create(parent=f"projects/{P}", body=body).execute()


@pytest.mark.parametrize(
    ("name", "rule", "what"),
    [
        ("gcp.resourceLocations", {"values": {"allowedValues": ["in:us-east1-locations"]}}, "machine"),
        ("compute.vmExternalIpAccess", {"denyAll": True}, "public"),
        ("compute.requireShieldedVm", {"enforce": True}, "unshielded"),
        ("compute.trustedImageProjects", {"values": {"allowedValues": ["projects/ubuntu-os-cloud"]}}, "machine"),
        ("storage.uniformBucketLevelAccess", {"enforce": True}, "bucket"),
        ("iam.disableServiceAccountKeyCreation", {"enforce": True}, "key"),
    ],
)
def test_what_the_organisation_forbids_is_refused(google: Google, name: str, rule: dict[str, Any], what: str) -> None:
    c = pytest.importorskip("google.cloud.compute_v1")
    network(google)
    email = account(google)
    _forbid(google, name, rule)
    public = c.NetworkInterface(subnetwork=SUBNET, access_configs=[c.AccessConfig(name="x")])
    calls = {
        "machine": lambda: insert(google),
        "public": lambda: insert(google, machine(network_interfaces=[public])),
        "unshielded": lambda: insert(google, machine(shielded_instance_config=c.ShieldedInstanceConfig())),
        "bucket": lambda: google.api("storage.v1").buckets().insert(project=P, body={"name": "teaser-media"}).execute(),
        "key": lambda: google.api("iam.v1").projects().serviceAccounts().keys().create(name=f"projects/{P}/serviceAccounts/{email}", body={}).execute(),
    }  # fmt: skip
    error = refused(calls[what])
    assert name in str(error) or "Key creation is not allowed" in str(error)
    google.api("orgpolicy.v2").projects().policies().delete(name=f"projects/{P}/policies/{name}").execute()
    calls[what]()


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("compute.paintItBlack", {"enforce": True}),
        ("compute.requireOsLogin", {"denyAll": True}),
        ("compute.vmExternalIpAccess", {"enforce": True}),
        ("compute.requireOsLogin", {"enforce": "maybe"}),
    ],
)
def test_a_policy_that_cannot_be_is_refused(google: Google, name: str, rule: dict[str, Any]) -> None:
    assert refused(lambda: _forbid(google, name, rule)).status_code in (400, 404)


def test_an_api_that_is_switched_off_says_what_switches_it_on(google: Google) -> None:
    services = google.api("serviceusage.v1").services()
    name = f"projects/{P}/services/compute.googleapis.com"
    assert services.get(name=name).execute()["state"] == "ENABLED"
    services.disable(name=name, body={}).execute()
    error = refused(lambda: google.api("compute.v1").networks().list(project=P).execute())
    assert error.status_code == 403
    assert "has not been used in project 123456789012 before or it is disabled" in str(error)
    assert "Enable it by visiting https://console.developers.google.com/apis/api/compute.googleapis.com" in str(error)
    assert b"SERVICE_DISABLED" in error.content
    on = services.list(parent=f"projects/{P}", filter="state:ENABLED", pageSize=100).execute()["services"]
    assert "compute.googleapis.com" not in {each["config"]["name"] for each in on}
    body = {"serviceIds": ["compute.googleapis.com"]}
    services.batchEnable(parent=f"projects/{P}", body=body).execute()
    google.api("compute.v1").networks().list(project=P).execute()


def test_a_project_that_nobody_pays_for_makes_nothing(google: Google) -> None:
    billing = google.api("cloudbilling.v1").projects()
    name = f"projects/{P}"
    assert billing.getBillingInfo(name=name).execute()["billingEnabled"]
    billing.updateBillingInfo(name=name, body={"billingAccountName": ""}).execute()
    call = google.api("compute.v1").networks().insert(project=P, body={"name": "n"})
    assert "requires billing to be enabled" in str(refused(call.execute))
    account_name = f"billingAccounts/{GOOGLE_BILLING_ACCOUNT}"
    billing.updateBillingInfo(name=name, body={"billingAccountName": account_name}).execute()
    call.execute()
    other = {"billingAccountName": "billingAccounts/000000-000000-000000"}
    assert refused(lambda: billing.updateBillingInfo(name=name, body=other).execute()).status_code == 403


def test_projects_are_made_found_and_asked_to_end(google: Google) -> None:
    projects = google.api("cloudresourcemanager.v3").projects()
    made = projects.create(body={"projectId": "studio-two", "displayName": "Two"}).execute()
    assert made["done"]
    assert google.api("cloudresourcemanager.v3").operations().get(name=made["name"]).execute()["done"]
    number = projects.get(name="projects/studio-two").execute()["name"]
    assert projects.get(name=number).execute()["projectId"] == "studio-two"
    assert refused(lambda: projects.create(body={"projectId": "studio-two"}).execute()).status_code == 409
    assert refused(lambda: projects.create(body={"projectId": "Two"}).execute()).status_code == 400
    found = {each["projectId"] for each in projects.search().execute()["projects"]}
    assert found == {P, "studio-two"}
    projects.delete(name="projects/studio-two").execute()
    assert projects.get(name="projects/studio-two").execute()["state"] == "DELETE_REQUESTED"
    assert refused(lambda: google.api("compute.v1").networks().list(project="studio-two").execute()).status_code == 404
    assert refused(lambda: projects.get(name="projects/nobodys").execute()).status_code == 403
    assert refused(lambda: google.api("compute.v1").networks().list(project="nobodys").execute()).status_code == 404


def test_names_of_a_private_zone(google: Google) -> None:
    network(google)
    dns = google.api("dns.v1")
    here = {"networks": [{"networkUrl": f"{google.endpoint.url}/compute/v1/{NETWORK}"}]}
    body = {
        "name": "restricted",
        "dnsName": "googleapis.com.",
        "description": "",
        "visibility": "private",
        "privateVisibilityConfig": here,
    }
    assert (
        refused(
            lambda: dns.managedZones().create(project=P, body={**body, "dnsName": "googleapis.com"}).execute()
        ).status_code
        == 400
    )
    dns.managedZones().create(project=P, body=body).execute()
    assert dns.managedZones().get(project=P, managedZone="restricted").execute()["dnsName"] == "googleapis.com."
    records = dns.resourceRecordSets()
    record = {"name": "*.googleapis.com.", "type": "CNAME", "ttl": 300, "rrdatas": ["restricted.googleapis.com."]}
    where = {"project": P, "managedZone": "restricted"}
    records.create(**where, body=record).execute()
    assert refused(lambda: records.create(**where, body=record).execute()).status_code == 409
    assert refused(lambda: records.create(**where, body={**record, "name": "x.example."}).execute()).status_code == 400
    other = {"name": "restricted.googleapis.com.", "type": "A", "ttl": 300, "rrdatas": ["199.36.153.4"]}
    dns.changes().create(**where, body={"additions": [other], "deletions": [record]}).execute()
    assert [each["type"] for each in records.list(**where).execute()["rrsets"]] == ["A"]
    assert refused(lambda: dns.managedZones().delete(**where).execute()).status_code == 400
    records.delete(**where, name=other["name"], type="A").execute()
    dns.managedZones().delete(**where).execute()
    policy = {"name": "asked", "enableLogging": True, "description": "", **here}
    dns.policies().create(project=P, body=policy).execute()
    assert refused(lambda: dns.policies().create(project=P, body={**policy, "name": "b"}).execute()).status_code == 409
    assert refused(lambda: dns.policies().delete(project=P, policy="asked").execute()).status_code == 400


def test_a_function_needs_its_source_and_can_be_called_by_whom_it_says(google: Google) -> None:
    pytest.importorskip("google.cloud.storage")
    google.storage().create_bucket("teaser-source").blob("stop.zip").upload_from_string(b"zip")
    functions = google.api("cloudfunctions.v2").projects().locations().functions()
    source = {"storageSource": {"bucket": "teaser-source", "object": "stop.zip"}}
    body = {"buildConfig": {"runtime": "python312", "entryPoint": "stop", "source": source}}
    missing = {
        "buildConfig": {"runtime": "python312", "source": {"storageSource": {"bucket": "teaser-source", "object": "x"}}}
    }
    assert (
        refused(lambda: functions.create(parent=LOCATION, functionId="stop", body=missing).execute()).status_code == 400
    )
    made = functions.create(parent=LOCATION, functionId="stop", body=body).execute()
    assert made["done"]
    found = functions.get(name=f"{LOCATION}/functions/stop").execute()
    assert (found["state"], found["serviceConfig"]["service"]) == ("ACTIVE", f"{LOCATION}/services/stop")
    changed = {"serviceConfig": {"environmentVariables": {"STUDIO_LABEL": "home"}}}
    functions.patch(name=f"{LOCATION}/functions/stop", updateMask="serviceConfig", body=changed).execute()
    config = functions.get(name=f"{LOCATION}/functions/stop").execute()["serviceConfig"]
    assert config == {**found["serviceConfig"], **changed["serviceConfig"]}, "its service and address stay"
    functions.patch(
        name=f"{LOCATION}/functions/stop", updateMask="serviceConfig", body={"serviceConfig": None}
    ).execute()
    assert functions.get(name=f"{LOCATION}/functions/stop").execute()["serviceConfig"] == found["serviceConfig"]
    services = google.api("run.v2").projects().locations().services()
    email = account(google)
    policy = {"policy": {"bindings": [{"role": "roles/run.invoker", "members": [f"serviceAccount:{email}"]}]}}
    services.setIamPolicy(resource=f"{LOCATION}/services/stop", body=policy).execute()
    assert (
        services.getIamPolicy(resource=f"{LOCATION}/services/stop").execute()["bindings"]
        == policy["policy"]["bindings"]
    )
    functions.delete(name=f"{LOCATION}/functions/stop").execute()
    assert refused(lambda: services.getIamPolicy(resource=f"{LOCATION}/services/stop").execute()).status_code == 404


def test_the_audit_configuration_of_a_project_stays_when_roles_change(google: Google) -> None:
    projects = google.api("cloudresourcemanager.v3").projects()
    audit = [{"service": "allServices", "auditLogConfigs": [{"logType": "DATA_READ"}]}]
    body = {"policy": {"auditConfigs": audit}, "updateMask": "auditConfigs,etag"}
    projects.setIamPolicy(resource=f"projects/{P}", body=body).execute()
    bindings = [{"role": "roles/viewer", "members": ["user:ana@studio.example"]}]
    body = {"policy": {"bindings": bindings}, "updateMask": "bindings,etag"}
    projects.setIamPolicy(resource=f"projects/{P}", body=body).execute()
    policy = projects.getIamPolicy(resource=f"projects/{P}", body={}).execute()
    assert (policy["auditConfigs"], policy["bindings"]) == (audit, bindings)
