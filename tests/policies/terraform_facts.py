"""Writes `policies/data/terraform.json`: which types of Terraform are which types of Pulumi, and which of their properties are lists, single
objects and maps, as the Pulumi SDKs that are installed declare them. `python tests/policies/terraform_facts.py` after a new version of them.
"""

import json
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
FILE: Final = ROOT / "policies/data/terraform.json"
_TOKEN: Final = re.compile(r"(?:aws|gcp):[a-zA-Z0-9]+/[a-zA-Z0-9]+:[A-Za-z0-9]+")
_GETTER: Final = re.compile(
    r'@pulumi\.getter(?:\(name="(\w+)"\))?\s+(?:@_utilities\.deprecated\((?:"""(?:.|\n)*?""")?\)\s+)?def (\w+)\(self\) -> (.+):\n'
)
_CLASS: Final = re.compile(r"^class (\w+?)(?:Init)?Args:\n", re.MULTILINE)
_MODULES: Final = {
    "cfg": "config", "costexplorer": "ce", "ec2transitgateway": "ec2_transit_gateway", "ec2clientvpn": "ec2_client_vpn",
    "projects": "project", "serviceaccount": "service_account", "organizations": "organization", "cloudrun": "cloud_run",
    "cloudrunv2": "cloud_run_v2", "cloudscheduler": "cloud_scheduler", "accesscontextmanager": "access_context_manager",
    "orgpolicy": "org_policy", "osconfig": "os_config", "secretmanager": "secret_manager", "artifactregistry": "artifact_registry",
    "tpu": "tpu", "iam": "iam",
}  # fmt: skip
_OTHER: Final = {
    "aws:apigateway/method:Method": "aws_api_gateway_method",
    "aws:appsync/graphQLApi:GraphQLApi": "aws_appsync_graphql_api",
    "aws:cfg/recorder:Recorder": "aws_config_configuration_recorder",
    "aws:cfg/recorderStatus:RecorderStatus": "aws_config_configuration_recorder_status",
    "aws:cloudtrail/trail:Trail": "aws_cloudtrail",
    "aws:codeartifact/domainPermissions:DomainPermissions": "aws_codeartifact_domain_permissions_policy",
    "aws:ec2/dedicatedHost:DedicatedHost": "aws_ec2_host",
    "aws:ec2/vpcEndpointServiceAllowedPrinciple:VpcEndpointServiceAllowedPrinciple": "aws_vpc_endpoint_service_allowed_principal",
    "aws:elasticbeanstalk/environment:Environment": "aws_elastic_beanstalk_environment",
    "aws:fsx/openZfsFileSystem:OpenZfsFileSystem": "aws_fsx_openzfs_file_system",
    "aws:fsx/openZfsVolume:OpenZfsVolume": "aws_fsx_openzfs_volume",
    "aws:iam/sshKey:SshKey": "aws_iam_user_ssh_key",
    "aws:lb/loadBalancer:LoadBalancer": "aws_lb",
    "aws:alb/loadBalancer:LoadBalancer": "aws_alb",
    "aws:elb/loadBalancer:LoadBalancer": "aws_elb",
    "aws:mediastore/containerPolicy:ContainerPolicy": "aws_media_store_container_policy",
    "aws:s3/analyticsConfiguration:AnalyticsConfiguration": "aws_s3_bucket_analytics_configuration",
    "aws:s3/bucketObjectv2:BucketObjectv2": "aws_s3_object",
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": "aws_s3_bucket_replication_configuration",
    "aws:s3/inventory:Inventory": "aws_s3_bucket_inventory",
    "aws:savingsplans/plan:Plan": "aws_savingsplans_savings_plan",
    "aws:ssoadmin/managedPolicyAttachmentsExclusive:ManagedPolicyAttachmentsExclusive": "aws_ssoadmin_managed_policy_attachments_exclusive",
    "aws:rds/instance:Instance": "aws_db_instance",
    "aws:rds/parameterGroup:ParameterGroup": "aws_db_parameter_group",
    "aws:rds/snapshot:Snapshot": "aws_db_snapshot",
    "aws:rds/cluster:Cluster": "aws_rds_cluster",
    "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive": "aws_vpc_security_group_rules_exclusive",
    "gcp:organizations/project:Project": "google_project",
    "gcp:projects/apiKey:ApiKey": "google_apikeys_key",
    "gcp:serviceaccount/account:Account": "google_service_account",
    "gcp:projects/iAMAuditConfig:IAMAuditConfig": "google_project_iam_audit_config",
    "gcp:logging/projectBucketConfig:ProjectBucketConfig": "google_logging_project_bucket_config",
    "gcp:compute/sSLPolicy:SSLPolicy": "google_compute_ssl_policy",
    "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": "google_iam_workload_identity_pool_provider",
}
_LEGACY: Final = re.compile(r"V2$|/bucketObject$")


def snake(name: str) -> str:
    """`iAMMember` → `iam_member`."""
    name = name.replace("iAM", "iam_").replace("IAM", "_iam_").replace("ACL", "Acl").replace("sSL", "ssl_")
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower().replace("__", "_").strip("_")


def terraform_name(token: str, known: frozenset[str]) -> str:
    """What Terraform calls a type. The AWS provider's own list decides where it is known."""
    if token in _OTHER:
        return _OTHER[token]
    cloud, module, name = re.split("[:/]", token)[:3]
    plain, place = snake(name), _MODULES.get(module, module)
    if cloud == "gcp":
        return f"google_{place}_{plain}"
    tries = [
        f"aws_{place}_{plain}",
        f"aws_{plain}",
        f"aws_{snake(module)}_{plain}",
        f"aws_ec2_{plain}",
        f"aws_db_{plain}",
        f"aws_vpc_{plain}",
    ]
    tries += [f"aws_cloudwatch_{plain}", f"aws_route53_{plain}"]
    return next((name for name in tries if name in known), tries[0])


def _fields(text: str, nested: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, python, annotation in _GETTER.findall(text):
        key = name or python
        inner = re.search(r"'(\w+)Args'", annotation)
        kind = "m" if "Mapping[" in annotation else "l" if "Sequence[" in annotation else "o" if inner else ""
        if kind == "m" and inner:
            continue
        if kind:
            below = (
                _fields(nested.get(inner[1], ""), {k: v for k, v in nested.items() if k != inner[1]}) if inner else {}
            )
            found[key] = [kind, below] if below else kind
    return found


def _classes(text: str) -> dict[str, str]:
    parts = _CLASS.split(text)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def tokens() -> list[str]:
    """The types that policies, views and rows name."""
    places = [
        *(ROOT / "policies/views").glob("*.py"),
        *(ROOT / "policies/checks").glob("*.py"),
        ROOT / "policies/data/services.yaml",
    ]
    places.append(ROOT / "docs/policies/types.md")
    return sorted({token for place in places for token in _TOKEN.findall(place.read_text(encoding="utf-8"))})


def facts(known: frozenset[str]) -> dict[str, Any]:
    """The whole table."""
    import pulumi_aws
    import pulumi_gcp

    types: dict[str, Any] = {}
    for cloud, package in (("aws", pulumi_aws), ("gcp", pulumi_gcp)):
        folder = Path(str(package.__file__)).parent
        wanted = {
            token
            for token in tokens()
            if token.startswith(cloud) and not _LEGACY.search(token.partition(":")[2].partition(":")[0])
        }
        for module in sorted({re.split("[:/]", token)[1] for token in wanted}):
            place = folder / module if (folder / module).is_dir() else folder / f"{module}_"
            inputs = place / "_inputs.py"
            nested = _classes(inputs.read_text(encoding="utf-8")) if inputs.is_file() else {}
            for file in sorted(place.glob("[!_]*.py")):
                text = file.read_text(encoding="utf-8")
                found = re.search(rf"__init__\(\s*'({cloud}:{module}/\w+:\w+)'", text)
                if found and found[1] in wanted:
                    own = _classes(text.partition("@pulumi.type_token")[0]).get(found[1].rpartition(":")[2], "")
                    types[terraform_name(found[1], known)] = [found[1], _fields(own, nested)]
    return types


if __name__ == "__main__":
    schema = ROOT / "plan/data/terraform-aws.json"
    names = frozenset(json.loads(schema.read_text())["types"]) | frozenset(json.loads(FILE.read_text())["types"])
    import sys

    if len(sys.argv) > 1:  # `terraform providers schema -json`
        provider = next(iter(json.loads(Path(sys.argv[1]).read_text())["provider_schemas"].values()))
        names |= frozenset(provider["resource_schemas"])
    lines = ",\n".join(
        f"{json.dumps(name)}:{json.dumps(each, separators=(',', ':'))}" for name, each in sorted(facts(names).items())
    )
    of = f"pulumi-aws {version('pulumi-aws')}, pulumi-gcp {version('pulumi-gcp')}"
    FILE.write_text(f'{{"of":{json.dumps(of)},"types":{{\n{lines}\n}}}}\n', encoding="utf-8")
