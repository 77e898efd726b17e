"""Accounts, roles and who has them; what is recorded of what people do; what an organisation forbids."""

from typing import Final

from soundstage.providers.entry import Call, Entry
from soundstage.providers.gcp.discovery import document
from soundstage.providers.gcp.fields import field
from soundstage.providers.gcp.forms import Names, Text
from soundstage.providers.gcp.members import member
from soundstage.providers.gcp.resources import ours, resource
from soundstage.providers.mapping import Field

_P: Final = "projects/{place.project}"
_ROLE: Final = "title|description|stage|permissions"
_AUDIT: Final = {"resource": "projects/{in.project}", "of": "{in.service}"}


def _recorded() -> Entry:
    about = document("cloudresourcemanager.v3")
    put = Call("projects.putAudit", {**_AUDIT, "logs": "{api.auditLogConfigs}"})
    return Entry(
        "gcp:projects/iAMAuditConfig:IAMAuditConfig",
        "cloudresourcemanager",
        (
            Field("project", read=None, replaces=True, required=True),
            Field("service", "service", replaces=True, required=True),
            field(about, "AuditConfig", "auditLogConfigs", required=True),
        ),
        id="projects/{in.project}/audit_config/{in.service}",
        create=put,
        puts=True,
        read=Call("projects.getAudit", _AUDIT),
        delete=Call("projects.removeAudit", _AUDIT),
        unsent=("project", "service", "auditLogConfigs"),
        outputs={"etag": "@etag"},
        proof="service",
        settle=True,
        regional=False,
    )


TYPES: Final = (
    resource(
        "gcp:serviceaccount/account:Account",
        "iam.projects.serviceAccounts",
        f"{_P}/serviceAccounts/{{in.accountId}}@{{place.project}}.iam.gserviceaccount.com",
        patch="displayName description",
        own=(
            Field("accountId", read=None, replaces=True, required=True),
            ours("createIgnoreAlreadyExists"),
            ours("disabled"),
        ),
        sends={"accountId": "{in.accountId}"},
        wrapped="serviceAccount",
        outputs="email name uniqueId",
        shown={"member": "serviceAccount:{in.accountId}@{place.project}.iam.gserviceaccount.com"},
    ),
    member(
        "gcp:serviceaccount/iAMMember:IAMMember",
        "iam.projects.serviceAccounts",
        "{in.serviceAccountId}",
        {"resource": "{in.serviceAccountId}"},
        serviceAccountId="",
    ),
    resource(
        "gcp:projects/iAMCustomRole:IAMCustomRole",
        "iam.projects.roles",
        f"{_P}/roles/{{in.roleId}}",
        patch="title description stage permissions=includedPermissions",
        forms={
            "permissions": {"form": Names(), "required": True},
            "title": {"required": True},
            "stage": {"quiet": ("GA",)},
        },
        own=(Field("roleId", read=None, replaces=True, required=True),),
        create=Call(
            "projects.roles.create",
            {"parent": _P, "roleId": "{in.roleId}", "role": "{body." + _ROLE + "}"},
            when="{isnt.held.deleted=True}",
        ),
        after_create=(
            Call(
                "projects.roles.patch",
                {"name": "{id}", "updateMask": "{mask." + _ROLE + "}", "body": "{patch." + _ROLE + "}"},
                when="{is.held.deleted=True}",
            ),
        ),
        # A role that was deleted keeps its id for weeks: the same one is taken back (as the genuine provider does).
        before_create=(
            Call(
                "projects.roles.get",
                {"name": f"{_P}/roles/{{in.roleId}}"},
                into="held",
                absent=("NOT_FOUND", "notFound"),
            ),
            Call("projects.roles.undelete", {"name": "{seen.held.name}"}, when="{is.held.deleted=True}"),
        ),
        gone=("deleted", (True,)),
        outputs="name deleted",
    ),
    member(
        "gcp:projects/iAMMember:IAMMember",
        "cloudresourcemanager.projects",
        "{in.project}",
        {"resource": "projects/{in.project}"},
        project="",
    ),
    _recorded(),
    member(
        "gcp:iap/tunnelInstanceIAMMember:TunnelInstanceIAMMember",
        "iap.",
        f"{_P}/iap_tunnel/zones/{{place.zone}}/instances/{{last.instance}}",
        {"resource": f"{_P}/iap_tunnel/zones/{{place.zone}}/instances/{{last.instance}}"},
        places=("project", "zone"),
        instance="",
    ),
    member(
        "gcp:cloudrunv2/serviceIamMember:ServiceIamMember",
        "run.projects.locations.services",
        f"{_P}/locations/{{in.location}}/services/{{last.name}}",
        {"resource": f"{_P}/locations/{{in.location}}/services/{{last.name}}"},
        places=("project",),
        location="",
        name="",
    ),
    resource(
        "gcp:orgpolicy/policy:Policy",
        "orgpolicy.projects.policies",
        "{in.name}",
        patch="spec dryRunSpec",
        own=(
            Field("name", "name", replaces=True, required=True, form=Text()),
            Field("parent", read=None, replaces=True, required=True, form=Text()),
        ),
        sends={"parent": "{in.parent}"},
        named=lambda id: {"in.name": id, "in.parent": id.partition("/policies/")[0]},
        places=(),
        outputs="etag",
    ),
)
