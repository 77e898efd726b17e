"""The stop of a project's machines when its budget is spent: budgets of Google Cloud tell and stop nothing, so that a small function of
ours does it. Its source is `stop_function/main.py`."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Final

import pulumi
import pulumi_gcp as gcp

from soundstage.components.gcp.bucket import BucketPlan, private_bucket
from soundstage.components.gcp.key import key_of_its_own
from soundstage.components.gcp.labelled import labels
from soundstage.components.gcp.lifecycle import age_rules
from soundstage.components.gcp.machine_ids import give_on_machine
from soundstage.components.gcp.naming import account_id, role_id
from soundstage.components.gcp.place import Place
from soundstage.components.labels import label_key
from soundstage.components.lifecycle import state_rules
from soundstage.components.naming import bucket_name, fingerprint
from soundstage.components.ownership import Tags
from soundstage.components.tags import PROJECT, STUDIO, ZONE

FINDS: Final = ("compute.instances.list", "compute.zoneOperations.get")
"""What lets the function find machines. Lists cannot be limited to some of them."""
STOPS: Final = ("compute.instances.stop",)
"""What it may do with those that it is to stop. It starts, changes and deletes nothing."""
BUILDS: Final = {"build-logs": "roles/logging.logWriter", "build-image": "roles/artifactregistry.writer"}
"""What builds the function needs (Cloud Run functions, "Custom service account for Cloud Build", read 2026-11)."""
RUNTIME: Final = "python312"
_OLD_SOURCE_DAYS: Final = 30


def source_files() -> dict[str, str]:
    """The files that the function is built of."""
    return {
        "main.py": (files("soundstage.components.gcp") / "stop_function" / "main.py").read_text("utf-8"),
        "requirements.txt": "functions-framework==3.*\n",
    }


def stop_when_spent(
    component: pulumi.Resource,
    name: str,
    topic: gcp.pubsub.Topic,
    place: pulumi.Output[Place],
    *,
    studio: str,
    project: str,
    machines: Mapping[str, pulumi.Input[str]] | None,
    project_id: str | None,
    region: str | None,
    tags: Tags,
) -> gcp.cloudfunctionsv2.Function:
    """The function, its account with three permissions, and the private bucket of its source."""
    child = pulumi.ResourceOptions(parent=component)
    here = place.apply(lambda known: known.project_id)

    def account(kind: str, does: str) -> gcp.serviceaccount.Account:
        return gcp.serviceaccount.Account(
            f"{name}-{kind}",
            account_id=account_id(kind, project, studio),
            display_name=f"{does} of {project}",
            project=project_id,
            opts=child,
        )

    def member(of: gcp.serviceaccount.Account) -> pulumi.Output[str]:
        return of.email.apply(lambda email: f"serviceAccount:{email}")

    stopper, builder = account("stop", "Stops the machines"), account("build", "Builds the function")

    def role(kind: str, does: str, permissions: tuple[str, ...]) -> gcp.projects.IAMCustomRole:
        return gcp.projects.IAMCustomRole(
            f"{name}-{kind}",
            role_id=role_id("", kind, fingerprint(studio, project, name)),
            title=f"{does} machines of {project}",
            description=f"{does} machines of {project}, {studio}, when its budget is spent",
            permissions=list(permissions),
            project=project_id,
            opts=child,
        )

    stops = role("stop", "Stops", STOPS if machines is not None else tuple(sorted(FINDS + STOPS)))
    given: list[pulumi.Resource] = [
        give_on_machine(component, f"{name}-stop-{label}", label, machine, stops.name, member(stopper))
        for label, machine in (machines or {}).items()
    ]
    everywhere = ("find", role("find", "Finds", FINDS)) if machines is not None else ("stop", stops)
    given += [
        gcp.projects.IAMMember(
            f"{name}-{everywhere[0]}", project=here, role=everywhere[1].name, member=member(stopper), opts=child
        ),
        *(
            gcp.projects.IAMMember(f"{name}-{label}", project=here, role=builds, member=member(builder), opts=child)
            for label, builds in BUILDS.items()
        ),
    ]
    bucket = _source_bucket(component, name, place, studio, project, project_id, region, tags)
    contents = source_files()
    source = gcp.storage.BucketObject(
        f"{name}-source",
        bucket=bucket.name,
        # A function is built anew for another name alone: it does not look what is in an object.
        name=f"stop-{fingerprint(*contents.values())}.zip",
        source=pulumi.AssetArchive({file: pulumi.StringAsset(text) for file, text in contents.items()}),
        opts=child,
    )
    given.append(
        gcp.storage.BucketIAMMember(
            f"{name}-source",
            bucket=bucket.name,
            role="roles/storage.objectViewer",
            member=member(builder),
            opts=child,
        )
    )
    function = gcp.cloudfunctionsv2.Function(
        f"{name}-stop",
        location=place.apply(lambda known: known.region),
        description=f"Stops the machines of {project} when its budget is spent",
        build_config={
            "runtime": RUNTIME,
            "entry_point": "stop",
            "service_account": builder.id,
            "source": {"storage_source": {"bucket": bucket.name, "object": source.name}},
        },
        service_config={
            "service_account_email": stopper.email,
            "ingress_settings": "ALLOW_INTERNAL_ONLY",
            "max_instance_count": 1,
            "available_memory": "256M",
            "timeout_seconds": 60,
            "environment_variables": {
                "PROJECT_ID": here,
                "STUDIO_KEY": label_key(STUDIO),
                "STUDIO_LABEL": studio,
                "LABEL": label_key(PROJECT),
                "PROJECT_LABEL": project,
            },
        },
        event_trigger={
            "event_type": "google.cloud.pubsub.topic.v1.messagePublished",
            "pubsub_topic": topic.id,
            "retry_policy": "RETRY_POLICY_RETRY",
            "service_account_email": stopper.email,
        },
        labels=labels(tags),
        project=project_id,
        opts=pulumi.ResourceOptions(parent=component, depends_on=given),
    )
    # The trigger calls the function as the same account, and as nobody else.
    gcp.cloudrunv2.ServiceIamMember(
        f"{name}-call",
        name=function.service_config.apply(lambda config: (config.service if config else None) or ""),
        location=function.location,
        role="roles/run.invoker",
        member=member(stopper),
        project=project_id,
        opts=child,
    )
    return function


def _source_bucket(
    component: pulumi.Resource,
    name: str,
    place: pulumi.Output[Place],
    studio: str,
    project: str,
    project_id: str | None,
    region: str | None,
    tags: Tags,
) -> gcp.storage.Bucket:
    key_id = key_of_its_own(
        component,
        f"{name}-source",
        f"Source of the function that stops {project}",
        "storage",
        keep=False,
        tags=tags,
        project_id=project_id,
        region=region,
    )
    return private_bucket(
        component,
        f"{name}-source",
        place,
        BucketPlan(
            name=lambda known: bucket_name(f"{studio}-stop", known.project_id, known.region, studio, project),
            rules=age_rules(state_rules(_OLD_SOURCE_DAYS)),
            key_id=key_id,
            keep=False,
            tags={**tags, ZONE: "mgmt"},
            soft_delete_days=7,
            project_id=project_id,
        ),
    )
