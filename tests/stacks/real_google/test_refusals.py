"""What is in the way on a real project of Google Cloud is told in a sentence, with what to type, before anything is planned or asked."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.google_on_loopback import (
    IMPERSONATED,
    SERVICE_ACCOUNT,
    RealOne,
    federated,
    key_file,
    studio_file,
)

from soundstage.cli.display.doctor import findings_text
from soundstage.cli.display.screen import Screen
from soundstage.core.errors import PreflightRefused, SpecError
from soundstage.plan.plan import Operation, Plan, PlannedResource
from soundstage.simulator import process
from soundstage.simulator.process import GOOGLE_PROJECT
from soundstage.stacks.clouds.facts import Caller, Kind
from soundstage.stacks.deployment import open_project
from soundstage.stacks.kinds.resource_kinds import MACHINE
from soundstage.stacks.preflight.finding import failed
from soundstage.stacks.preflight.run import before, examine

REVOKED = (400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."})
PROJECT = f"/v1/projects/{GOOGLE_PROJECT}"


def refused() -> tuple[str, str]:
    """What `up` says before it plans, which `doctor` says too."""
    project = open_project()
    with pytest.raises(PreflightRefused) as caught:
        before(project.cloud, project.studio)
    (first,) = failed(examine(open_project()))
    assert first.told in caught.value.message
    assert first.mend in caught.value.hint
    return caught.value.message, caught.value.hint


def caller() -> Caller:
    return open_project().cloud.facts.caller()


def test_nobody_is_signed_in(google: RealOne, monkeypatch: pytest.MonkeyPatch) -> None:
    google.sign_in(None, monkeypatch)
    told, mend = refused()
    assert (told, "gcloud auth application-default login" in mend) == ("There are no Google Cloud credentials.", True)
    assert google.tokens.asked == []


def test_a_file_of_credentials_is_not_there_or_holds_none(google: RealOne, monkeypatch: pytest.MonkeyPatch) -> None:
    file = google.sign_in({"type": "apples"}, monkeypatch)
    assert "holds no credentials that are understood" in refused()[0]
    file.unlink()
    told, mend = refused()
    assert f"GOOGLE_APPLICATION_CREDENTIALS names {file}, which is not there" in told
    assert "unset GOOGLE_APPLICATION_CREDENTIALS" in mend


@pytest.mark.parametrize(
    ("credentials", "answer", "told", "mend"),
    [
        ("person", REVOKED, "has expired or was revoked", "gcloud auth application-default login"),
        (
            "person", (400, {"error": "invalid_grant", "error_subtype": "invalid_rapt", "error_description": "reauth related error"}),
            "wants you to sign in to Google Cloud again", "gcloud auth application-default login",
        ),
        (
            "key", (400, {"error": "invalid_grant", "error_description": "Invalid JWT: Token must be a short-lived token (60 minutes) and "
            "in a reasonable timeframe."}),
            "this computer's clock", "timedatectl",
        ),
        (
            "key", (400, {"error": "invalid_grant", "error_description": "Invalid grant: account not found"}),
            f"{SERVICE_ACCOUNT} is not there any more", "Sign in as another",
        ),
        (
            "federated", (400, {"error": "invalid_grant", "error_description": "The issuer does not match"}),
            "federation does not take the token of this pipeline", "id-token: write",
        ),
    ],
)  # fmt: skip
def test_google_gives_no_token(
    credentials: str, answer: tuple[int, dict[str, Any]], told: str, mend: str, google: RealOne, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    files: dict[str, Callable[[], dict[str, Any]]] = {"key": key_file, "federated": lambda: federated(google.folder)}
    if credentials in files:
        google.sign_in(files[credentials](), monkeypatch)
    google.tokens.refusal = answer
    said, hint = refused()
    assert told in said
    assert mend in hint


def test_somebody_may_not_act_as_the_service_account(google: RealOne, monkeypatch: pytest.MonkeyPatch) -> None:
    google.sign_in(IMPERSONATED, monkeypatch)
    text = "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist)."
    google.tokens.after = (1, (403, {"error": {"code": 403, "message": text, "status": "PERMISSION_DENIED"}}))
    told, mend = refused()
    assert f"You may not act as {SERVICE_ACCOUNT}" in told
    assert "roles/iam.serviceAccountTokenCreator" in mend


def test_gcloud_acts_as_a_service_account_and_the_credentials_are_a_persons(
    google: RealOne, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path.home() / ".config" / "gcloud"
    (folder / "configurations").mkdir(parents=True)
    (folder / "active_config").write_text("default")
    (folder / "configurations" / "config_default").write_text(
        f"[auth]\nimpersonate_service_account = {SERVICE_ACCOUNT}\n"
    )
    told, mend = refused()
    assert f"gcloud is set to act as {SERVICE_ACCOUNT}, and the credentials here are of a person" in told
    assert f"--impersonate-service-account={SERVICE_ACCOUNT}" in mend
    google.sign_in(IMPERSONATED, monkeypatch)
    assert caller() == Caller(SERVICE_ACCOUNT, Kind.RENEWED)


def test_whose_the_credentials_are(google: RealOne, monkeypatch: pytest.MonkeyPatch) -> None:
    assert caller() == Caller("ana@studio.example", Kind.RENEWED)
    monkeypatch.setenv("CI", "true")
    assert caller().kind is Kind.PERSON_AWAY
    google.sign_in(key_file(), monkeypatch)
    assert (caller().name, caller().kind) == (SERVICE_ACCOUNT, Kind.LONG_LIVED)
    google.sign_in(federated(google.folder), monkeypatch)
    assert caller() == Caller(SERVICE_ACCOUNT, Kind.RENEWED)


def test_the_project_is_another_or_is_being_deleted(google: RealOne) -> None:
    studio_file(Path(), account="nobodys-project")
    told, mend = refused()
    assert "There is no Google Cloud project nobodys-project" in told
    assert "ana@studio.example may not see it" in told
    assert "gcloud projects list" in mend
    studio_file(Path())
    google.call("DELETE", f"/v3/projects/{GOOGLE_PROJECT}")
    told, mend = refused()
    assert f"{GOOGLE_PROJECT} is being deleted" in told
    assert f"gcloud projects undelete {GOOGLE_PROJECT}" in mend


def test_somebody_may_see_the_project_and_have_no_calls_counted_in_it(google: RealOne, soundstage_home: Path) -> None:
    google.tokens.caller = "user:ana@studio.example"
    bindings = [{"role": "roles/browser", "members": [google.tokens.caller]}]
    google.call("POST", f"/v3/projects/{GOOGLE_PROJECT}:setIamPolicy", {"policy": {"bindings": bindings}})
    process.set_enforcement(soundstage_home, True)
    told, mend = refused()
    assert f"may see the Google Cloud project {GOOGLE_PROJECT} and may not make calls in its name" in told
    assert "--role=roles/serviceusage.serviceUsageConsumer" in mend


def test_nobody_pays_or_another_does(google: RealOne) -> None:
    studio_file(Path(), billing_account="AAAAAA-BBBBBB-CCCCCC")
    told, mend = refused()
    assert "the studio file names AAAAAA-BBBBBB-CCCCCC, whose budget would count nothing of it" in told
    assert "billing_account: " in mend
    google.call("PUT", f"{PROJECT}/billingInfo", {"billingAccountName": ""})
    told, mend = refused()
    assert f"Nobody pays for the project {GOOGLE_PROJECT}" in told
    assert f"gcloud billing projects link {GOOGLE_PROJECT} --billing-account=AAAAAA-BBBBBB-CCCCCC" in mend


def test_apis_that_are_switched_off_are_told_at_once_with_the_command(google: RealOne) -> None:
    for name in ("pubsub", "cloudbilling"):
        google.call("POST", f"{PROJECT}/services/{name}.googleapis.com:disable", {})
    project = open_project()
    with pytest.raises(PreflightRefused) as caught:
        before(project.cloud, project.studio)
    assert "cloudbilling.googleapis.com and pubsub.googleapis.com" in caught.value.message
    command = f"gcloud services enable cloudbilling.googleapis.com pubsub.googleapis.com --project={GOOGLE_PROJECT}"
    assert command in caught.value.hint
    assert command in " ".join(one.mend for one in failed(examine(open_project())))


def test_the_api_by_which_a_project_is_seen_was_switched_on_alone_and_the_others_were_told_one_after_the_other(
    google: RealOne,
) -> None:
    google.call("POST", f"{PROJECT}/services/cloudresourcemanager.googleapis.com:disable", {})
    told, mend = refused()
    assert "The Cloud Resource Manager API is switched off" in told
    for name in ("cloudresourcemanager", "compute", "cloudbilling", "orgpolicy", "storage"):
        assert f" {name}.googleapis.com " in mend


def test_doctor_ended_in_a_refusal_and_without_its_table_where_nobody_is_signed_in(
    google: RealOne, monkeypatch: pytest.MonkeyPatch
) -> None:
    google.sign_in(None, monkeypatch)
    project = open_project()
    text = findings_text(examine(project), [], project, Screen(width=200))
    assert f"teaser on Google Cloud project {GOOGLE_PROJECT}, europe-west4" in text
    assert "There are no Google Cloud credentials." in text
    assert "only after what failed is mended" in text


@pytest.mark.parametrize(
    ("constraint", "rule", "told"),
    [
        ("gcp.resourceLocations", {"values": {"allowedValues": ["in:us-central1-locations"]}}, "europe-west4 may not be used"),
        ("iam.disableServiceAccountCreation", {"enforce": True}, "each machine has a service account"),
        ("compute.disableGuestAttributesAccess", {"enforce": True}, "machines tell through them"),
        ("gcp.restrictServiceUsage", {"values": {"deniedValues": ["cloudkms.googleapis.com"]}}, "cloudkms.googleapis.com may not"),
    ],
)  # fmt: skip
def test_a_policy_of_the_organisation_forbids_it(
    constraint: str, rule: dict[str, Any], told: str, google: RealOne
) -> None:
    name = f"projects/{GOOGLE_PROJECT}/policies/{constraint}"
    google.call("POST", f"/v2/projects/{GOOGLE_PROJECT}/policies", {"name": name, "spec": {"rules": [rule]}})
    project = open_project()
    with pytest.raises(PreflightRefused) as caught:
        before(project.cloud, project.studio)
    assert f"The organisation's policy {constraint} forbids this: {told}" in caught.value.message
    assert f"gcloud org-policies describe {constraint} --project={GOOGLE_PROJECT} --effective" in caught.value.hint


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("compute.trustedImageProjects", ["projects/ubuntu-os-cloud"]),
        ("gcp.restrictServiceUsage", [f"{one}.googleapis.com" for one in ("compute", "storage", "cloudkms", "dns", "pubsub")]),
    ],
)  # fmt: skip
def test_what_a_policy_does_not_hold_for_was_refused(constraint: str, values: list[str], google: RealOne) -> None:
    """Images of the project itself, and services that none can be restricted by, such as IAM and Cloud Logging."""
    name = f"projects/{GOOGLE_PROJECT}/policies/{constraint}"
    rule = {"values": {"allowedValues": values}}
    google.call("POST", f"/v2/projects/{GOOGLE_PROJECT}/policies", {"name": name, "spec": {"rules": [rule]}})
    project = open_project()
    for image, forbidden in ((GOOGLE_PROJECT, False), ("ubuntu-os-cloud", False), ("debian-cloud", True)):
        inputs = {"bootDisk": {"initializeParams": {"image": f"projects/{image}/global/images/mine"}}}
        machine = PlannedResource("u", MACHINE[-1], "mix-1", Operation.CREATE, inputs=inputs)
        (seen,) = project.cloud.facts.looks["organisation"](project.studio, Plan("", "", (machine,)))
        assert bool(seen.mend) is (forbidden and constraint == "compute.trustedImageProjects"), seen


def test_a_groups_name_in_a_policy_of_locations_is_for_google_to_judge(google: RealOne) -> None:
    name = f"projects/{GOOGLE_PROJECT}/policies/gcp.resourceLocations"
    rule = {"values": {"allowedValues": ["in:eu-locations", "in:us-central1-locations"]}}
    google.call("POST", f"/v2/projects/{GOOGLE_PROJECT}/policies", {"name": name, "spec": {"rules": [rule]}})
    project = open_project()
    before(project.cloud, project.studio)


@pytest.mark.parametrize("missing", ["account", "billing_account", "alert_emails"])
def test_a_studio_file_for_a_real_project_names_it_and_who_pays_and_who_is_told(missing: str, google: RealOne) -> None:
    studio_file(Path(), **{missing: None})
    with pytest.raises(SpecError, match="gcloud|addr" if missing != "alert_emails" else "nobody would be told"):
        open_project()
    assert google.tokens.asked == []


def test_a_setting_that_sends_calls_elsewhere_is_refused(google: RealOne, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GCE_METADATA_HOST", "127.0.0.1:1")
    assert "GCE_METADATA_HOST sends calls for Google Cloud to 127.0.0.1:1" in refused()[0]
    assert google.tokens.asked == []
