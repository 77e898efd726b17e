"""What a Google Cloud project and its people are given: the audit log, the budget and its stop, roles, and organisation policies."""

import base64
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from tests.components.gcp.conftest import Findings, plan_of, without

from soundstage.components.gcp import AccessRoles, AccountGuardrails, AuditTrail, ProjectBudget, budget_stop
from soundstage.components.gcp.audit import ALARMS
from soundstage.components.gcp.stop_function import main as stop_function
from soundstage.components.google_members import child_name
from soundstage.components.tags import base_tags
from soundstage.core.errors import ArgumentError

Deploy = Callable[[Callable[[], object]], Any]
TAGS = base_tags("home", "teaser", owner="ana@studio.example")
AUDIT: dict[str, Any] = {"studio": "home", "alert_emails": ["ana@studio.example"], "tags": TAGS}
BUDGET: dict[str, Any] = {
    "studio": "home",
    "project": "teaser",
    "billing_account": "012345-6789AB-CDEF01",
    "monthly_usd": 500,
    "emails": ["ana@studio.example"],
    "tags": TAGS,
}
ACCESS: dict[str, Any] = {
    "studio": "home",
    "project": "teaser",
    "bucket_name": "home-media-teaser-1",
    "machines": {"edit-1": "projects/tinyorange-film/zones/europe-west4-a/instances/teaser-edit-1-instance-1234567"},
    "admins": ["group:leads@studio.example"],
    "artists": ["user:ana@studio.example"],
    "reviewers": ["user:client@northlight.example"],
}
LEADS, ANA, CLIENT = (child_name(ACCESS[whose][0]) for whose in ("admins", "artists", "reviewers"))
RAILS: dict[str, Any] = {"regions": ["europe-west4"], "image_projects": ["ubuntu-os-cloud"]}


def made(deploy: Deploy, component: Any, args: dict[str, Any], name: str = "teaser") -> Any:
    return deploy(lambda: component(name, args))


def test_everything_that_is_done_is_recorded_and_goes_into_one_kept_log(deploy: Deploy) -> None:
    trail = made(deploy, AuditTrail, AUDIT)
    audit = trail.one("IAMAuditConfig").inputs
    assert audit["service"] == "allServices"
    assert {each["logType"] for each in audit["auditLogConfigs"]} == {"ADMIN_READ", "DATA_READ", "DATA_WRITE"}
    bucket = trail.one("ProjectBucketConfig")
    assert (bucket.inputs["retentionDays"], bucket.inputs["locked"], bucket.protect) == (365, False, True)
    sink = trail.one("ProjectSink").inputs
    assert "filter" not in sink
    assert sink["destination"] == "logging.googleapis.com/teaser-log-id"


def test_a_log_is_locked_only_when_it_is_said(deploy: Deploy) -> None:
    assert made(deploy, AuditTrail, {**AUDIT, "lock": True}).one("ProjectBucketConfig").inputs["locked"] is True


def test_a_second_studio_that_went_took_what_is_recorded_from_the_first(deploy: Deploy) -> None:
    """A Google Cloud project has one list of what is recorded. `studio down` of one of two studios emptied it."""
    assert made(deploy, AuditTrail, AUDIT).one("IAMAuditConfig").protect is True
    assert made(deploy, AuditTrail, {**AUDIT, "keep": False}).one("IAMAuditConfig").protect is False


def test_every_alarm_tells_everybody_who_is_named(deploy: Deploy) -> None:
    trail = made(deploy, AuditTrail, {**AUDIT, "alert_emails": ["ana@studio.example", "bo@studio.example"]})
    alarms = trail.all("AlertPolicy")
    assert len(alarms) == len(ALARMS) + 1  # and what people are to know (`workstation notices`)
    assert {len(each.inputs["notificationChannels"]) for each in alarms} == {2}


@pytest.mark.parametrize("profile", ["studio", "content"])
def test_the_policies_find_nothing_in_an_audit_trail(deploy: Deploy, findings: Findings, profile: str) -> None:
    assert findings(plan_of(made(deploy, AuditTrail, AUDIT)), profile, account_baseline="here") == set()


@pytest.mark.parametrize(
    ("change", "policy"),
    [
        ({"teaser-sink": {"disabled": True}}, "LOG-01 teaser-sink"),
        ({"teaser-sink": {"filter": "severity>=ERROR"}}, "LOG-01 teaser-sink"),
        ({"teaser-recorded": {"auditLogConfigs": [{"logType": "ADMIN_READ"}]}}, "LOG-01 teaser-recorded"),
        ({"teaser-log": {"retentionDays": 30}}, "LOG-02 teaser-log"),
    ],
)
def test_the_policies_find_a_worse_trail(
    deploy: Deploy, findings: Findings, change: dict[str, dict[str, Any]], policy: str
) -> None:
    assert policy in findings(plan_of(made(deploy, AuditTrail, AUDIT), **change), "studio", account_baseline="here")


def test_a_budget_is_limited_to_its_project_and_heard(deploy: Deploy) -> None:
    budget = made(deploy, ProjectBudget, BUDGET).one("Budget").inputs
    assert budget["displayName"] == "home.teaser"
    assert budget["amount"]["specifiedAmount"] == {"currencyCode": "USD", "units": "500"}
    half = made(deploy, ProjectBudget, {**BUDGET, "monthly_usd": 99.5}).one("Budget").inputs["amount"]
    assert half["specifiedAmount"] == {"currencyCode": "USD", "units": "99", "nanos": 500_000_000}, "cut off, unsaid"
    assert budget["budgetFilter"]["labels"] == {"soundstage-project": "teaser"}
    assert budget["budgetFilter"]["projects"] == ["projects/123456789012"]
    assert {(each["thresholdPercent"], each["spendBasis"]) for each in budget["thresholdRules"]} == {
        (share, basis) for share in (0.5, 0.8, 1.0) for basis in ("CURRENT_SPEND", "FORECASTED_SPEND")
    }
    assert budget["allUpdatesRule"]["pubsubTopic"] == "teaser-topic-id"


def test_what_stops_machines_may_find_and_stop_them_and_nothing_else(deploy: Deploy) -> None:
    stop = made(deploy, ProjectBudget, {**BUDGET, "at_limit": "stop"})
    assert stop.one("IAMCustomRole").inputs["permissions"] == [
        "compute.instances.list", "compute.instances.stop", "compute.zoneOperations.get",
    ]  # fmt: skip
    limited = made(deploy, ProjectBudget, {**BUDGET, "at_limit": "stop", "machines": ACCESS["machines"]})
    roles = {each.name: each.inputs["permissions"] for each in limited.all("IAMCustomRole")}
    assert roles == {
        "teaser-stop": ["compute.instances.stop"],
        "teaser-find": ["compute.instances.list", "compute.zoneOperations.get"],
    }
    (on,) = limited.all("InstanceIAMMember")
    assert (on.inputs["role"], on.inputs["instanceName"]) == ("teaser-stop-1234567", "teaser-edit-1-instance-1234567")
    assert "teaser-stop" not in {each.name for each in limited.all("gcp:projects/iAMMember:IAMMember")}
    function = stop.one("Function").inputs
    assert function["serviceConfig"]["ingressSettings"] == "ALLOW_INTERNAL_ONLY"
    assert function["serviceConfig"]["serviceAccountEmail"].startswith("stop-teaser-")
    assert function["serviceConfig"]["environmentVariables"] == {
        "PROJECT_ID": "tinyorange-film",
        "STUDIO_KEY": "soundstage-studio",
        "STUDIO_LABEL": "home",
        "LABEL": "soundstage-project",
        "PROJECT_LABEL": "teaser",
    }
    assert function["eventTrigger"]["retryPolicy"] == "RETRY_POLICY_RETRY"
    assert not made(deploy, ProjectBudget, BUDGET).all("Function")


def test_another_source_of_what_stops_machines_is_built(deploy: Deploy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Google builds a function anew when the name of its source changes, not when what is in it does."""

    def source() -> str:
        stop = made(deploy, ProjectBudget, {**BUDGET, "at_limit": "stop"})
        name: str = stop.one("BucketObject").inputs["name"]
        assert stop.one("Function").inputs["buildConfig"]["source"]["storageSource"]["object"] == name
        return name

    before = source()
    assert source() == before
    monkeypatch.setattr(budget_stop, "source_files", lambda: {"main.py": "def stop(event): ...\n"})
    assert source() != before


@pytest.mark.parametrize("at_limit", ["notify", "stop"])
@pytest.mark.parametrize("profile", ["studio", "content"])
def test_the_policies_find_nothing_in_a_budget(deploy: Deploy, findings: Findings, profile: str, at_limit: str) -> None:
    assert findings(plan_of(made(deploy, ProjectBudget, {**BUDGET, "at_limit": at_limit})), profile) == set()


def test_a_budget_that_nobody_hears_of_is_found(deploy: Deploy, findings: Findings) -> None:
    plan = plan_of(made(deploy, ProjectBudget, BUDGET), **{"teaser-budget": {"allUpdatesRule": None}})
    assert "COST-01 teaser-budget" in findings(plan, "studio")


class Google:
    """Compute Engine as the function meets it: two pages of machines, and what was asked of it."""

    def __init__(self, refuses: str = "") -> None:
        self.asked: list[tuple[str, str]] = []
        self.refuses = refuses

    def answer(self, request: Any) -> bytes:
        url, method = request.full_url, request.get_method()
        if url == stop_function.METADATA:
            return b'{"access_token": "secret"}'
        assert request.get_header("Authorization") == "Bearer secret"
        self.asked.append((method, url))
        if method == "POST":
            if self.refuses and self.refuses in url:
                raise OSError("403")
            return b"{}"
        place = "zones/europe-west4-a"
        if "pageToken" in url:
            return json.dumps({"items": {place: {"instances": [{"selfLink": "https://c/edit-2"}]}}}).encode()
        return json.dumps(
            {"items": {place: {"instances": [{"selfLink": "https://c/edit-1"}]}, "zones/x": {}}, "nextPageToken": "2"}
        ).encode()


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Google:
    cloud = Google()
    monkeypatch.setattr(stop_function, "fetched", cloud.answer)
    for name, text in {
        "PROJECT_ID": "film",
        "STUDIO_KEY": "soundstage-studio",
        "STUDIO_LABEL": "home",
        "LABEL": "soundstage-project",
        "PROJECT_LABEL": "teaser",
    }.items():
        monkeypatch.setenv(name, text)
    return cloud


def message(cost: float, budget: float = 500) -> Any:
    data = base64.b64encode(json.dumps({"costAmount": cost, "budgetAmount": budget}).encode()).decode()
    return SimpleNamespace(data={"message": {"data": data}})


@pytest.mark.parametrize("cost", [500, 500.01, 900])
def test_when_all_is_spent_every_running_machine_of_the_project_is_stopped(google: Google, cost: float) -> None:
    stop_function.stop(message(cost))
    asked = [url for method, url in google.asked if method == "GET"]
    assert "labels.soundstage-project%3Dteaser%20AND%20status%3DRUNNING" in asked[0]
    assert all("filter=labels.soundstage-studio%3Dhome%20AND%20" in url for url in asked), "not those of another studio"
    stopped = [url.partition("?")[0] for method, url in google.asked if method == "POST"]
    assert stopped == ["https://c/edit-1/stop", "https://c/edit-2/stop"]


@pytest.mark.parametrize(("cost", "budget"), [(499.99, 500), (0, 500), (0, 0)])
def test_before_that_nothing_is_asked(google: Google, cost: float, budget: float) -> None:
    stop_function.stop(message(cost, budget))
    assert google.asked == []


def test_one_machine_that_cannot_be_stopped_keeps_no_other_running_and_is_said(google: Google) -> None:
    google.refuses = "edit-1"
    with pytest.raises(RuntimeError, match="edit-1: 403"):
        stop_function.stop(message(600))
    assert ("POST", "https://c/edit-2/stop?discardLocalSsd=true") in google.asked


def test_nobody_has_a_basic_role_or_more_than_the_projects_machines_and_media(deploy: Deploy) -> None:
    access = made(deploy, AccessRoles, ACCESS)
    for each in access.all("gcp:projects/iAMMember:IAMMember"):
        assert each.inputs["role"] == "teaser-look-1234567"
    on_machines = [each.inputs for each in access.all("InstanceIAMMember")]
    assert [each["role"] for each in on_machines] == ["teaser-admin-1234567", "teaser-artist-1234567"]
    places = {(each["project"], each["zone"], each["instanceName"]) for each in on_machines}
    assert places == {("tinyorange-film", "europe-west4-a", "teaser-edit-1-instance-1234567")}
    media = {each.name: each.inputs for each in access.all("BucketIAMMember")}
    assert "objects/masters/" in media[f"teaser-artist-media-{ANA}"]["condition"]["expression"]
    assert media[f"teaser-artist-media-{ANA}"]["condition"]["expression"].startswith("!")
    assert "objects/exports/" in media[f"teaser-review-media-{CLIENT}"]["condition"]["expression"]
    assert media[f"teaser-review-media-{CLIENT}"]["role"] == "roles/storage.objectViewer"
    everything = {permission for each in access.all("IAMCustomRole") for permission in each.inputs["permissions"]}
    assert not [each for each in everything if "delete" in each or "create" in each or "setIamPolicy" in each]


@pytest.mark.parametrize("profile", ["studio", "content"])
def test_the_policies_find_nothing_in_access_roles(deploy: Deploy, findings: Findings, profile: str) -> None:
    assert findings(plan_of(made(deploy, AccessRoles, ACCESS)), profile) == set()


@pytest.mark.parametrize(
    ("change", "policy"),
    [
        ({f"teaser-admin-see-{LEADS}": {"role": "roles/editor"}}, f"IAM-09 teaser-admin-see-{LEADS}"),
        ({f"teaser-artist-see-{ANA}": {"member": "user:ana@gmail.com"}}, f"IAM-14 teaser-artist-see-{ANA}"),
    ],
)
def test_the_policies_find_broader_roles(
    deploy: Deploy, findings: Findings, change: dict[str, dict[str, Any]], policy: str
) -> None:
    assert policy in findings(plan_of(made(deploy, AccessRoles, ACCESS), **change), "studio")


def test_organisation_policies_close_what_nobody_here_needs(deploy: Deploy) -> None:
    rails = made(deploy, AccountGuardrails, RAILS)
    found = {each.inputs["name"].rpartition("/")[2]: each.inputs["spec"]["rules"] for each in rails.all("Policy")}
    assert found["compute.vmExternalIpAccess"] == [{"denyAll": "TRUE"}]
    assert found["iam.disableServiceAccountKeyCreation"] == [{"enforce": "TRUE"}]
    assert found["gcp.resourceLocations"] == [{"values": {"allowedValues": ["in:europe-west4-locations"]}}]
    assert found["compute.trustedImageProjects"] == [{"values": {"allowedValues": ["projects/ubuntu-os-cloud"]}}]
    assert {each.inputs["parent"] for each in rails.all("Policy")} == {"projects/tinyorange-film"}


def test_the_policies_find_nothing_in_guardrails(deploy: Deploy, findings: Findings) -> None:
    assert findings(plan_of(made(deploy, AccountGuardrails, RAILS)), "content") == set()


@pytest.mark.parametrize(
    ("component", "args", "said"),
    [
        (AuditTrail, {**AUDIT, "alert_emails": []}, "alert_emails is empty"),
        (AuditTrail, {**AUDIT, "log_days": 90}, "log_days is 90"),
        (ProjectBudget, {**BUDGET, "billing_account": "My account"}, "allowed: an id such as 012345-6789AB-CDEF01"),
        (ProjectBudget, {**BUDGET, "monthly_usd": 0.001}, "monthly_usd is 0.001; allowed: an amount of at least 0.01"),
        (ProjectBudget, {**BUDGET, "billing_account": ""}, "billing_account is ''; allowed: an id such as"),
        (ProjectBudget, {**BUDGET, "monthly_usd": float("inf")}, "monthly_usd is inf; allowed: an amount of at least 0.01"),
        (ProjectBudget, {**BUDGET, "monthly_usd": float("nan")}, "monthly_usd is nan; allowed: an amount of at least 0.01"),
        (ProjectBudget, {**BUDGET, "alert_at_percent": [50, 50]}, "one to five different percentages"),
        (ProjectBudget, {**BUDGET, "at_limit": "delete"}, "at_limit is 'delete'; allowed: notify, stop"),
        (ProjectBudget, {**BUDGET, "emails": [f"a{n}@studio.example" for n in range(6)]}, "emails has 6 addresses; allowed: 5"),
        (AccessRoles, {**ACCESS, "artists": ["allAuthenticatedUsers"]}, "artists has 'allAuthenticatedUsers'"),
        (AccessRoles, {**ACCESS, "reviewers": ["domain:northlight.example"]}, "reviewers has"),
        (AccessRoles, {**ACCESS, "machines": {"edit-1": "teaser-edit-1"}}, "machines.edit-1 is 'teaser-edit-1'; allowed: an id of a machine"),
        (ProjectBudget, {**BUDGET, "machines": {"edit-1": "teaser-edit-1"}}, "machines.edit-1 is 'teaser-edit-1'; allowed: an id"),
        (AccountGuardrails, {"regions": []}, "regions is empty"),
        (AccountGuardrails, {"regions": ["eu-west-1"]}, "regions has 'eu-west-1'; allowed: a region of Google Cloud"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(deploy: Deploy, component: Any, args: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        made(deploy, component, args)
    assert said in str(refused.value)


def test_a_trail_without_its_log_is_not_the_trail(deploy: Deploy, findings: Findings) -> None:
    plan = without(plan_of(made(deploy, AuditTrail, AUDIT)), "teaser-sink", "teaser-recorded")
    assert "LOG-01 -" in findings(plan, "studio", account_baseline="here")


def test_google_made_no_machine_whose_driver_nobody_signed(deploy: Deploy) -> None:
    """`compute.requireShieldedVm` refuses a machine without Secure Boot."""
    names = [each.name for each in made(deploy, AccountGuardrails, {**RAILS, "secure_boot": False}).all("Policy")]
    assert "teaser-serial" in names
    assert "teaser-shielded" not in names
    assert "teaser-shielded" in [each.name for each in made(deploy, AccountGuardrails, RAILS).all("Policy")]
