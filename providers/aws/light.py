"""The read-only calls of data sources, without boto3.

A preview asks the cloud for no more than its identity, its zones, its machines, its machine images, what its disks come back
from and what an account may have one of.
Loading boto3 and the model of EC2 for these costs more than the rest of such a preview together (0.3 s, boto3 1.43,
measured 2026-11). Here they are made with the standard library, and answered in the shape that boto3 gives, as far as
the data sources (`table.lookups`) and the ports that a preview asks read it. Everything else goes through boto3.

Sources: the AWS API references of EC2 and STS, "Making API requests" (the query protocol); botocore 1.44's models of Cost Explorer
(`ce`) and Access Analyzer (read 2026-11).
"""

import http.client
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from soundstage.providers.aws.actions import prefix_of
from soundstage.providers.aws.boto3_calls import Endpoint, by_boto3
from soundstage.providers.aws.signing import Request, signed
from soundstage.providers.calls import Declined, Unanswered

_SECONDS: Final = 60.0
_FORM: Final = "application/x-www-form-urlencoded; charset=utf-8"
_JSON: Final = "application/x-amz-json-1.1"
_VERSIONS: Final = {"ec2": "2016-11-15", "sts": "2011-06-15"}

_LISTS: Final = {
    "availabilityZoneInfo": "AvailabilityZones",
    "blockDeviceMapping": "BlockDeviceMappings",
    "cidrSet": "Cidrs",
    "entrySet": "Entries",
    "groupSet": "SecurityGroups",
    "imagesSet": "Images",
    "instanceTypeOfferingSet": "InstanceTypeOfferings",
    "instancesSet": "Instances",
    "prefixListSet": "PrefixLists",
    "reservationSet": "Reservations",
    "snapshotSet": "Snapshots",
    "tagSet": "Tags",
    "volumeSet": "Volumes",
    "vpcSet": "Vpcs",
}
_FLAGS: Final = {"enaSupport": "EnaSupport", "encrypted": "Encrypted", "isDefault": "IsDefault", "isPublic": "Public"}
_NUMBERS: Final = {
    "fullSnapshotSizeInBytes": "FullSnapshotSizeInBytes", "maxEntries": "MaxEntries", "size": "Size", "version": "Version",
    "volumeSize": "VolumeSize",
}  # fmt: skip
_TIMES: Final = frozenset({"createTime", "launchTime", "startTime"})
_NAMES: Final = {
    **_LISTS, **_FLAGS, **_NUMBERS,
    "dnsName": "PublicDnsName", "imageOwnerId": "OwnerId", "imageState": "State", "instanceState": "State", "ipAddress": "PublicIpAddress",
    "reason": "StateTransitionReason", "status": "State",
}  # fmt: skip
"""Elements of answers → boto3's names, where they are more than the element with a capital or hold more than text."""
_CALLS: Final = frozenset(
    {
        ("accessanalyzer", "ListAnalyzers"), ("ce", "GetAnomalyMonitors"),
        ("ec2", "DescribeAvailabilityZones"), ("ec2", "DescribeImages"), ("ec2", "DescribeInstances"),
        ("ec2", "DescribeInstanceTypeOfferings"), ("ec2", "DescribeManagedPrefixLists"), ("ec2", "DescribePrefixLists"),
        ("ec2", "DescribeSnapshots"), ("ec2", "DescribeVolumes"), ("ec2", "DescribeVpcs"), ("ec2", "GetEbsDefaultKmsKeyId"), ("ec2", "GetManagedPrefixListEntries"),
        ("sts", "GetCallerIdentity"),
    }
)  # fmt: skip
"""The calls that are made here."""


def _tag(node: Element) -> str:
    """The element's name. EC2 answers in a namespace per version of its API; boto3 pays no heed to it either."""
    return node.tag.rpartition("}")[2]


def _read(node: Element) -> Any:
    name, text = _tag(node), node.text or ""
    if name in _LISTS or (len(node) and all(_tag(child) == "item" for child in node)):
        return [_read(child) for child in node]
    if len(node):
        return {_NAMES.get(_tag(child), _tag(child)[0].upper() + _tag(child)[1:]): _read(child) for child in node}
    if name in _TIMES:
        return datetime.fromisoformat(text)
    return text == "true" if name in _FLAGS else int(text) if name in _NUMBERS else text


_SINGULAR: Final = {
    "ExecutableUsers": "ExecutableBy",
    "Filters": "Filter",
    "InstanceIds": "InstanceId",
    "OwnerIds": "Owner",
    "Owners": "Owner",
    "PrefixListIds": "PrefixListId",
    "Values": "Value",
    "VpcIds": "VpcId",
}
"""Lists of parameters → what their elements are called on the wire."""


def send(endpoint: Endpoint, service: str, region: str, operation: str, params: Mapping[str, Any]) -> Any:
    """Make one call, here if it is one of a data source's. See `calls.Send`."""
    if (service, operation) not in _CALLS:
        return by_boto3(endpoint, service, region, operation, params)
    request = _request(service, operation, params)
    host, name = urlsplit(endpoint.url).netloc, prefix_of(service)
    headers = signed(endpoint.access_key, endpoint.secret_key, region, name, host, request)
    connection = http.client.HTTPConnection(host, timeout=_SECONDS)
    try:
        target = f"{request.path}?{request.query}" if request.query else request.path
        connection.request(request.method, target, request.body, headers)
        answer = connection.getresponse()
        content = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise Unanswered(error) from error
    finally:
        connection.close()
    try:
        # What answers is the server that this program started, and it was asked with a secret that only it knows.
        told: Any = ElementTree.fromstring(content) if service in _VERSIONS else json.loads(content)  # noqa: S314
    except (ElementTree.ParseError, ValueError) as error:
        if answer.status >= http.client.MULTIPLE_CHOICES:
            raise Declined(str(answer.status), answer.reason, answer.status) from error
        raise Unanswered(error) from error
    if answer.status >= http.client.MULTIPLE_CHOICES:
        code, message = _said(told, "Code"), _said(told, "Message")
        raise Declined(code or str(answer.status), message, answer.status, answer.getheader("Date", ""))
    if not isinstance(told, Element):
        return told
    return _read(told[0] if service == "sts" else told)


def _request(service: str, operation: str, params: Mapping[str, Any]) -> Request:
    """A call in the protocol of its service."""
    if service == "accessanalyzer":
        return Request({}, method="GET", path="/analyzer", query=urlencode(params, quote_via=quote))
    if service == "ce":
        target = f"AWSInsightsIndexService.{operation}"
        return Request({"content-type": _JSON, "x-amz-target": target}, json.dumps(params).encode())
    form = urlencode([("Action", operation), ("Version", _VERSIONS[service]), *_flat("", params)])
    return Request({"content-type": _FORM}, form.encode())


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Parameters as the query protocol writes them: `Filter.1.Value.2`."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat(f"{name}.{_SINGULAR.get(key, key)}".lstrip("."), item)
    elif isinstance(value, list):
        for number, item in enumerate(value, 1):
            yield from _flat(f"{name}.{number}", item)
    else:
        yield name, str(value).lower() if isinstance(value, bool) else str(value)


def _said(told: Any, name: str) -> str:
    """What an error says; its elements are deep inside, where depends on the service."""
    if not isinstance(told, Element):
        found = told.get({"Code": "__type", "Message": "message"}[name]) if isinstance(told, dict) else None
        return str(found or "").rpartition("#")[2] if name == "Code" else str(found or "")
    return next((node.text or "" for node in told.iter() if _tag(node) == name), "")
