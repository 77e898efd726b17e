"""One case per type of Google's resource table: what is created, what is then changed in place, what of it cannot be changed.

`@name` stands for something that the test's world holds already (`test_google_lifecycles.World`).
"""

from dataclasses import dataclass
from typing import Any

from soundstage.core.values import Properties


@dataclass(frozen=True)
class Case:
    """`changes` are applied one after the other, each on top of the last; `None` takes an input away."""

    type: str
    inputs: Properties
    changes: tuple[Properties, ...] = ()
    fixed: Properties | None = None
    """Inputs with which it would be another resource."""
    stays: bool = False
    """Whether Google keeps it after a delete."""
    imported: bool = True
    """Whether an id is enough to know it by."""


P, R, Z = "@project", "europe-west4", "europe-west4-a"
LABELS = {"soundstage-project": "teaser", "name": "test"}
NEW_LABELS = {"soundstage-project": "teaser", "colour": "green"}
ANA = "user:ana@studio.example"
CONDITION = {"title": "one", "description": "Only one", "expression": 'resource.name.startsWith("x")'}


def member(type: str, role: str, condition: Properties | None = CONDITION, **target: str) -> Case:
    inputs: dict[str, Any] = {**target, "role": role, "member": ANA}
    if condition:
        inputs["condition"] = condition
    return Case(type, inputs, fixed={"member": "user:bo@studio.example"})


CASES = (
    Case(
        "gcp:compute/network:Network",
        {"autoCreateSubnetworks": False, "routingMode": "REGIONAL", "description": "d", "deleteDefaultRoutesOnCreate": True,
         "networkFirewallPolicyEnforcementOrder": "BEFORE_CLASSIC_FIREWALL"},
        ({"routingMode": "GLOBAL"}, {"networkFirewallPolicyEnforcementOrder": "AFTER_CLASSIC_FIREWALL"}),
        fixed={"description": "e"},
    ),
    Case(
        "gcp:compute/subnetwork:Subnetwork",
        {"network": "@network", "ipCidrRange": "10.9.0.0/24", "region": R, "privateIpGoogleAccess": True, "stackType": "IPV4_ONLY",
         "logConfig": {"aggregationInterval": "INTERVAL_1_MIN", "flowSampling": 1.0, "metadata": "INCLUDE_ALL_METADATA"}},
        (
            {"privateIpGoogleAccess": False},
            {"logConfig": {"aggregationInterval": "INTERVAL_5_SEC", "flowSampling": 0.5, "metadata": "INCLUDE_ALL_METADATA"}},
        ),
        fixed={"description": "e"},
    ),
    Case(
        "gcp:compute/route:Route",
        {"network": "@network", "destRange": "199.36.153.4/30", "nextHopGateway": "default-internet-gateway"},
        fixed={"destRange": "199.36.153.8/30"},
    ),
    Case(
        "gcp:compute/address:Address",
        {"addressType": "EXTERNAL", "networkTier": "PREMIUM", "region": R, "description": "d", "labels": LABELS},
        ({"labels": NEW_LABELS}, {"labels": None}),
        fixed={"addressType": "INTERNAL"},
    ),
    Case("gcp:compute/router:Router", {"network": "@network", "region": R}, ({"description": "d"},), fixed={"network": "@spare_network"}),
    Case(
        "gcp:compute/routerNat:RouterNat",
        {"router": "@router.name", "region": R, "natIpAllocateOption": "MANUAL_ONLY", "natIps": ["@address.selfLink"],
         "sourceSubnetworkIpRangesToNat": "LIST_OF_SUBNETWORKS",
         "subnetworks": [{"name": "@subnet", "sourceIpRangesToNats": ["ALL_IP_RANGES"]}], "logConfig": {"enable": True, "filter": "ERRORS_ONLY"}},
        ({"logConfig": {"enable": True, "filter": "ALL"}}, {"minPortsPerVm": 128}),
        fixed={"router": "other"},
    ),
    Case("gcp:compute/networkFirewallPolicy:NetworkFirewallPolicy", {"description": "d"}, ({"description": "e"},)),
    Case(
        "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule",
        {"firewallPolicy": "@policy.name", "ruleName": "in-iap", "description": "d", "priority": 1000, "direction": "INGRESS", "action": "allow",
         "enableLogging": True, "match": {"layer4Configs": [{"ipProtocol": "tcp", "ports": ["22", "3389"]}], "srcIpRanges": ["35.235.240.0/20"]}},
        (
            {"enableLogging": False},
            {"match": {"layer4Configs": [{"ipProtocol": "tcp", "ports": ["22"]}], "srcIpRanges": ["35.235.240.0/20"]}},
        ),
        fixed={"priority": 1001},
    ),
    Case(
        "gcp:compute/networkFirewallPolicyAssociation:NetworkFirewallPolicyAssociation",
        {"firewallPolicy": "@policy.name", "attachmentTarget": "@spare_network"},
        fixed={"attachmentTarget": "@network"},
    ),
    Case(
        "gcp:compute/disk:Disk",
        {"zone": Z, "type": "pd-ssd", "size": 20, "description": "d", "labels": LABELS,
         "diskEncryptionKey": {"kmsKeySelfLink": "@key"}, "createSnapshotBeforeDestroy": True, "createSnapshotBeforeDestroyPrefix": "last"},
        ({"size": 30}, {"labels": NEW_LABELS}),
        fixed={"type": "pd-balanced"},
    ),
    Case(
        "gcp:compute/instance:Instance",
        {
            "zone": Z, "machineType": "g2-standard-8", "description": "d", "guestAccelerators": [{"type": "nvidia-l4-vws", "count": 1}],
            "bootDisk": {"autoDelete": True, "deviceName": "boot", "kmsKeySelfLink": "@key",
                         "initializeParams": {"image": "@image", "size": 50, "type": "pd-ssd", "labels": LABELS}},
            "attachedDisks": [{"source": "@disk.selfLink", "deviceName": "work", "mode": "READ_WRITE"}],
            "networkInterfaces": [{"subnetwork": "@subnet", "nicType": "GVNIC", "stackType": "IPV4_ONLY"}],
            "serviceAccount": {"email": "@account.email", "scopes": ["https://www.googleapis.com/auth/cloud-platform"]},
            "shieldedInstanceConfig": {"enableSecureBoot": True, "enableVtpm": True, "enableIntegrityMonitoring": True},
            "scheduling": {"onHostMaintenance": "TERMINATE", "automaticRestart": True, "provisioningModel": "STANDARD", "preemptible": False,
                           "instanceTerminationAction": "STOP", "maxRunDuration": {"seconds": 43200}},
            "metadata": {"enable-oslogin": "TRUE"}, "keyRevocationActionType": "STOP", "canIpForward": False,
            "allowStoppingForUpdate": True, "labels": LABELS,
        },
        (
            {"labels": NEW_LABELS},
            {"metadata": {"enable-oslogin": "TRUE", "startup-script": "#!/bin/sh"}},
            {"machineType": "g2-standard-12"},
            {"attachedDisks": None},
        ),
        fixed={"guestAccelerators": [{"type": "nvidia-l4", "count": 1}]},
    ),
    Case(
        "gcp:compute/resourcePolicy:ResourcePolicy",
        {"region": R, "snapshotSchedulePolicy": {
            "schedule": {"dailySchedule": {"daysInCycle": 1, "startTime": "03:00"}},
            "retentionPolicy": {"maxRetentionDays": 14, "onSourceDiskDelete": "KEEP_AUTO_SNAPSHOTS"},
            "snapshotProperties": {"storageLocations": R, "labels": LABELS}}},
        fixed={"description": "e"},
    ),
    Case(
        "gcp:compute/diskResourcePolicyAttachment:DiskResourcePolicyAttachment",
        {"name": "@daily.name", "disk": "@disk.name", "zone": Z},
        fixed={"name": "other"},
    ),
    member("gcp:compute/instanceIAMMember:InstanceIAMMember", "roles/compute.osLogin", None, instanceName="@machine.name", zone=Z),
    Case(
        "gcp:storage/bucket:Bucket",
        {
            "name": "home-media-test", "location": "EUROPE-WEST4", "storageClass": "STANDARD", "uniformBucketLevelAccess": True,
            "publicAccessPrevention": "enforced", "versioning": {"enabled": True}, "encryption": {"defaultKmsKeyName": "@key"},
            "softDeletePolicy": {"retentionDurationSeconds": 2592000}, "forceDestroy": True, "labels": LABELS,
            "lifecycleRules": [
                {"action": {"type": "SetStorageClass", "storageClass": "NEARLINE"},
                 "condition": {"age": 30, "withState": "LIVE", "matchesStorageClasses": ["STANDARD"]}},
                {"action": {"type": "Delete"}, "condition": {"daysSinceNoncurrentTime": 90, "withState": "ARCHIVED"}},
            ],
        },
        (
            {"labels": NEW_LABELS},
            {"versioning": {"enabled": False}},
            {"lifecycleRules": [{"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": 7}}]},
            {"retentionPolicy": {"retentionPeriod": "86400", "isLocked": False}},
        ),
        fixed={"location": "EUROPE-WEST1"},
    ),
    Case(
        "gcp:storage/bucketObject:BucketObject",
        {"bucket": "@bucket", "name": "masters/.keep", "source": {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", "text": "x"}},
        fixed={"name": "exports/.keep"},
        imported=False,
    ),
    member("gcp:storage/bucketIAMMember:BucketIAMMember", "roles/storage.objectViewer", bucket="@bucket"),
    Case("gcp:kms/keyRing:KeyRing", {"location": R}, fixed={"location": "europe-west1"}, stays=True),
    Case(
        "gcp:kms/cryptoKey:CryptoKey",
        {"keyRing": "@ring", "purpose": "ENCRYPT_DECRYPT", "rotationPeriod": "7776000s", "destroyScheduledDuration": "2592000s", "labels": LABELS},
        ({"labels": NEW_LABELS}, {"rotationPeriod": "2592000s"}),
        fixed={"purpose": "ASYMMETRIC_SIGN"},
        stays=True,
    ),
    member("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember", "roles/cloudkms.cryptoKeyEncrypterDecrypter", cryptoKeyId="@key"),
    Case("gcp:serviceaccount/account:Account", {"accountId": "ws-edit-1", "displayName": "d", "description": "d"}, ({"displayName": "e"},),
         fixed={"accountId": "ws-edit-2"}),
    member("gcp:serviceaccount/iAMMember:IAMMember", "roles/iam.serviceAccountUser", None, serviceAccountId="@account.name"),
    Case(
        "gcp:projects/iAMCustomRole:IAMCustomRole",
        {"roleId": "soundstage.test", "title": "t", "description": "d", "permissions": ["compute.instances.start", "compute.instances.stop"]},
        ({"title": "u"}, {"permissions": ["compute.instances.stop"]}),
        fixed={"roleId": "soundstage.other"},
    ),
    member("gcp:projects/iAMMember:IAMMember", "roles/logging.logWriter", project=P),
    Case(
        "gcp:projects/iAMAuditConfig:IAMAuditConfig",
        {"project": P, "service": "allServices", "auditLogConfigs": [{"logType": "ADMIN_READ"}, {"logType": "DATA_READ"}]},
        ({"auditLogConfigs": [{"logType": "DATA_WRITE"}]},),
        fixed={"service": "storage.googleapis.com"},
    ),
    member("gcp:iap/tunnelInstanceIAMMember:TunnelInstanceIAMMember", "roles/iap.tunnelResourceAccessor", instance="@machine.name", zone=Z),
    Case(
        "gcp:logging/projectBucketConfig:ProjectBucketConfig",
        {"project": P, "location": R, "bucketId": "home-traffic", "retentionDays": 400, "description": "d", "cmekSettings": {"kmsKeyName": "@key"}},
        ({"retentionDays": 500}, {"description": "e"}),
        fixed={"bucketId": "other"},
    ),
    Case(
        "gcp:logging/projectSink:ProjectSink",
        {"destination": "logging.googleapis.com/@logs", "filter": 'severity="ERROR"', "description": "d", "uniqueWriterIdentity": True},
        ({"filter": ""}, {"description": "e"}),
        fixed={"name": "other"},
    ),
    Case(
        "gcp:monitoring/notificationChannel:NotificationChannel",
        {"type": "email", "displayName": "Ana", "labels": {"email_address": "ana@studio.example"}, "userLabels": LABELS},
        ({"displayName": "Bo"}, {"userLabels": NEW_LABELS}),
        fixed={"type": "sms"},
    ),
    Case(
        "gcp:monitoring/alertPolicy:AlertPolicy",
        {"displayName": "Owners", "combiner": "OR", "conditions": [{"displayName": "c", "conditionMatchedLog": {"filter": 'severity="ERROR"'}}],
         "alertStrategy": {"notificationRateLimit": {"period": "300s"}}, "notificationChannels": ["@channel"],
         "documentation": {"content": "c", "mimeType": "text/markdown"}, "userLabels": LABELS},
        ({"displayName": "Roles"}, {"documentation": {"content": "other", "mimeType": "text/markdown"}}),
    ),
    Case(
        "gcp:dns/managedZone:ManagedZone",
        {"dnsName": "pkg.dev.", "description": "d", "visibility": "private", "labels": LABELS,
         "privateVisibilityConfig": {"networks": [{"networkUrl": "@network"}]}},
        ({"description": "e"}, {"labels": NEW_LABELS}),
        fixed={"dnsName": "googleapis.com."},
    ),
    Case(
        "gcp:dns/recordSet:RecordSet",
        {"managedZone": "@names.name", "name": "restricted.googleapis.com.", "type": "A", "ttl": 300, "rrdatas": ["199.36.153.4", "199.36.153.5"]},
        ({"ttl": 600}, {"rrdatas": ["199.36.153.4"]}),
        fixed={"name": "other.googleapis.com."},
    ),
    Case(
        "gcp:dns/policy:Policy",
        {"description": "d", "enableLogging": True, "networks": [{"networkUrl": "@network"}]},
        ({"enableLogging": False},),
        fixed={"name": "other"},
    ),
    Case("gcp:pubsub/topic:Topic", {"labels": LABELS}, ({"labels": NEW_LABELS}, {"messageRetentionDuration": "86400s"}), fixed={"name": "other"}),
    Case(
        "gcp:billing/budget:Budget",
        {
            "billingAccount": "@billing", "displayName": "home.test", "amount": {"specifiedAmount": {"currencyCode": "USD", "units": "500"}},
            "budgetFilter": {"calendarPeriod": "MONTH", "projects": ["projects/@number"], "labels": {"soundstage-project": "teaser"},
                             "creditTypesTreatment": "EXCLUDE_ALL_CREDITS"},
            "thresholdRules": [{"thresholdPercent": 0.5, "spendBasis": "CURRENT_SPEND"}, {"thresholdPercent": 1.0, "spendBasis": "FORECASTED_SPEND"}],
            "allUpdatesRule": {"pubsubTopic": "@topic", "schemaVersion": "1.0", "monitoringNotificationChannels": ["@channel"],
                               "disableDefaultIamRecipients": False},
        },
        ({"amount": {"specifiedAmount": {"currencyCode": "USD", "units": "600"}}}, {"thresholdRules": [{"thresholdPercent": 0.9}]}),
        fixed={"billingAccount": "000000-000000-000000"},
    ),
    Case(
        "gcp:cloudfunctionsv2/function:Function",
        {
            "location": R, "description": "d",
            "buildConfig": {"runtime": "python312", "entryPoint": "stop",
                            "source": {"storageSource": {"bucket": "@bucket", "object": "@source.name"}}},
            "serviceConfig": {"serviceAccountEmail": "@account.email", "ingressSettings": "ALLOW_INTERNAL_ONLY", "maxInstanceCount": 1,
                              "availableMemory": "256M", "timeoutSeconds": 60, "environmentVariables": {"A": "b"}},
            "eventTrigger": {"eventType": "google.cloud.pubsub.topic.v1.messagePublished", "pubsubTopic": "@topic",
                             "retryPolicy": "RETRY_POLICY_RETRY", "serviceAccountEmail": "@account.email"},
            "labels": LABELS,
        },
        ({"description": "e"}, {"labels": NEW_LABELS}),
        fixed={"location": "europe-west1"},
    ),
    member("gcp:cloudrunv2/serviceIamMember:ServiceIamMember", "roles/run.invoker", None, name="@function.name", location=R),
    Case(
        "gcp:orgpolicy/policy:Policy",
        {"name": "projects/@project/policies/compute.vmExternalIpAccess", "parent": "projects/@project",
         "spec": {"inheritFromParent": False, "rules": [{"denyAll": "TRUE"}]}},
        ({"spec": {"inheritFromParent": False, "rules": [{"values": {"allowedValues": ["in:europe-west4-locations"]}}]}},),
        fixed={"name": "projects/@project/policies/compute.disableSerialPortAccess"},
    ),
)  # fmt: skip
