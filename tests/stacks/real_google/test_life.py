"""One life of a project on `cloud: gcp`, by the path that the simulated Google Cloud exercises."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.google_on_loopback import PERSON, RealOne, studio_file
from tests.stacks.real_google.teaser import write

from soundstage.core.errors import OperationError, PreflightRefused, UsageError
from soundstage.core.home import state_home
from soundstage.plan.plan import PreviewResult
from soundstage.simulator.process import GOOGLE_PROJECT
from soundstage.stacks.clouds.gcp import quotas
from soundstage.stacks.clouds.gcp.calls import Projects, ask
from soundstage.stacks.deployment import Deployment, open_project
from soundstage.stacks.kinds.resource_kinds import MACHINE
from soundstage.stacks.state.adoption import adopt
from soundstage.stacks.state.on_record import all_on_record
from soundstage.stacks.state.reset import forget_embedded
from soundstage.stacks.studio_deployment import open_studio

REVOKED = (400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."})


def ids(project: Deployment) -> dict[str, str | None]:
    """What is on record, but for the provider, whose id is new each time."""
    found = project.engine.resources().resources
    return {one.urn: one.id for one in found if not one.type.startswith("pulumi:providers:")}


def test_a_project_lives_on_a_real_project_of_google_cloud(google: RealOne, monkeypatch: pytest.MonkeyPatch) -> None:
    """With tokens that end after nine calls, and credentials that are revoked in the middle of `up`."""
    google.tokens.lasts = 9
    project, agreed = open_project(), []

    def confirm(preview: PreviewResult) -> bool:
        agreed.append(len(google.tokens.given))
        google.tokens.after = (len(google.tokens.given) + 4, REVOKED)
        return True

    with pytest.raises(OperationError) as stopped:
        project.up(confirm)
    assert "has expired or was revoked" in f"{stopped.value.message} {stopped.value.hint}"
    assert "gcloud auth application-default login" in f"{stopped.value.message} {stopped.value.hint}"
    assert agreed[0] > 1, "no token was renewed"

    google.tokens.after = None
    google.sign_in(PERSON, monkeypatch)
    project = open_project()
    done = project.up()
    assert set(done.ready) == {"mix-1"}
    assert project.cloud.describe() == f"Google Cloud project {GOOGLE_PROJECT}, europe-west4"
    assert {"compute.googleapis.com", "storage.googleapis.com", "oauth2.googleapis.com"} <= set(google.tokens.asked)
    assert not project.preview().plan.changes_anything
    assert not project.engine.refresh(preview_only=True).changes_anything
    assert len(project.engine.resources().of_type(*MACHINE)) == len(project.machines()) == 1

    before = ids(project)
    shutil.rmtree(state_home() / "studios" / "northlight")
    with pytest.raises(PreflightRefused, match="would be built a second time") as second:
        open_project().up(lambda _preview: pytest.fail("it asked"))
    assert "`workstation adopt" in second.value.hint
    project = open_project()
    assert adopt(project).made == 0, "a lost computer would be the end of all that is on Google Cloud"
    assert ids(open_project()) == before

    _held_to_its_cloud(google)
    assert "teaser" not in forget_embedded(state_home())
    assert {(one.cloud, one.is_up) for one in all_on_record() if one.project} == {("gcp", True)}

    project = open_project()
    project.down(delete_media=True)
    assert (project.snapshots(), len(project.engine.resources())) == ([], 0)
    open_studio(cloud="gcp").down()


def _held_to_its_cloud(google: RealOne) -> None:
    """What is up stays found, whatever is edited."""
    asked = len(google.tokens.asked)
    for cloud in ("simulated-gcp", "aws", "simulated"):
        write(google, cloud, with_image=cloud == "simulated-gcp")
        with pytest.raises(UsageError, match=rf"says cloud: {cloud}, and teaser is up on Google Cloud, europe-west4"):
            open_project()
    write(google, "gcp")
    studio_file(Path(), account="another-one-42")
    for allowed in (True, False):
        with pytest.raises(UsageError, match=f"teaser is up on Google Cloud, europe-west4, in {GOOGLE_PROJECT}"):
            open_project(allow_expired=allowed)
    with pytest.raises(UsageError, match=f"in {GOOGLE_PROJECT}"):
        open_studio(cloud="gcp").up()
    studio_file(Path())
    with pytest.raises(UsageError, match="The Pulumi engine does not build Google Cloud"):
        _ = open_project(engine="pulumi").engine
    studio_file(Path(), state={"backend": "gs://northlight-state"})
    with pytest.raises(
        UsageError, match="kept on this computer, and the studio file says state: gs://northlight-state"
    ):
        _ = open_project().engine
    studio_file(Path())
    assert len(google.tokens.asked) == asked, "a refusal asked Google"


def test_what_is_up_on_the_simulated_one_does_not_become_real_by_a_word(google: RealOne) -> None:
    write(google, "simulated-gcp")
    open_studio(cloud="simulated-gcp")
    project = open_project()
    project.up()
    assert google.tokens.asked == []
    write(google, "gcp")
    with pytest.raises(UsageError, match="says cloud: gcp, and teaser is up on the simulated Google Cloud"):
        open_project()
    assert open_project(allow_expired=True).project.cloud == "simulated-gcp", "`down` acts where the project is"
    assert google.tokens.asked == []


def test_a_gpu_of_which_the_project_may_have_none_is_refused_before_the_question(
    google: RealOne, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a new project of Google Cloud has it (Compute Engine, "Allocation quotas", read 2026-11)."""

    def none(cloud: Projects, method: str, *rest: Any, **params: Any) -> Any:
        told = ask(cloud, method, *rest, **params)
        return {**told, "quotas": [{**one, "limit": 0.0} for one in told["quotas"]]}

    monkeypatch.setattr(quotas, "ask", none)
    write(google, "gcp", machine="for: vfx")
    with pytest.raises(PreflightRefused, match="GPUS_ALL_REGIONS") as caught:
        open_project().up(lambda _preview: pytest.fail("it asked"))
    assert f"--project={GOOGLE_PROJECT}" in caught.value.hint
