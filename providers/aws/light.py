"""The read-only calls of data sources, without boto3.

A preview that finds nothing to change asks the cloud for no more than its identity, its zones and its machine images.
Loading boto3 and the model of EC2 for these costs more than the rest of such a preview together (0.3 s, boto3 1.43,
measured 2026-11). Here they are made with the standard library, and answered in the shape that boto3 gives, as far as
the data sources read it (`table.lookups`). Everything else goes through boto3.

Sources: the AWS API references of EC2 and STS, "Making API requests" (the query protocol, read 2026-11).
"""

import http.client
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from soundstage.providers.aws.calls import Declined, Endpoint, Unanswered, by_boto3
from soundstage.providers.aws.signing import signed

_SECONDS: Final = 60.0
_FORM: Final = "application/x-www-form-urlencoded; charset=utf-8"
_VERSIONS: Final = {"ec2": "2016-11-15", "sts": "2011-06-15"}

_Read: TypeAlias = Callable[[Element], Any]


def _text(node: Element) -> str:
    return node.text or ""


def _flag(node: Element) -> bool:
    return node.text == "true"


def _number(node: Element) -> int:
    return int(_text(node))


def _list(read: _Read) -> _Read:
    return lambda node: [read(item) for item in node]


def _structure(*texts: str, **others: tuple[str, _Read]) -> _Read:
    """Reads the members that are texts and have their own name in the answer, and `others`: name there and reader."""
    members = {name: (f"{name[0].lower()}{name[1:]}", _text) for name in texts} | others

    def read(node: Element) -> dict[str, Any]:
        # EC2 answers in a namespace per version of its API; boto3 pays no heed to it either.
        found = {child.tag.rpartition("}")[2]: child for child in node}
        return {name: take(found[there]) for name, (there, take) in members.items() if there in found}

    return read


_TAGS: Final = ("tagSet", _list(_structure("Key", "Value")))
_IMAGE: Final = _structure(
    "Architecture", "CreationDate", "DeprecationTime", "Description", "Hypervisor", "ImageId", "ImageLocation",
    "ImageOwnerAlias", "ImageType", "Name", "Platform", "RootDeviceName", "RootDeviceType", "SriovNetSupport",
    "UsageOperation", "VirtualizationType",
    EnaSupport=("enaSupport", _flag),
    OwnerId=("imageOwnerId", _text),
    PlatformDetails=("platformDetails", _text),
    Public=("isPublic", _flag),
    State=("imageState", _text),
    Tags=_TAGS,
)  # fmt: skip
_PREFIX_LIST: Final = _structure(
    "AddressFamily", "OwnerId", "PrefixListArn", "PrefixListId", "PrefixListName", "State",
    MaxEntries=("maxEntries", _number),
    Tags=_TAGS,
    Version=("version", _number),
)  # fmt: skip
_ANSWERS: Final[Mapping[tuple[str, str], _Read]] = {
    ("ec2", "DescribeAvailabilityZones"): _structure(
        AvailabilityZones=("availabilityZoneInfo", _list(_structure("GroupName", "ZoneId", "ZoneName")))
    ),
    ("ec2", "DescribeImages"): _structure(Images=("imagesSet", _list(_IMAGE))),
    ("ec2", "DescribeManagedPrefixLists"): _structure(PrefixLists=("prefixListSet", _list(_PREFIX_LIST))),
    ("ec2", "DescribePrefixLists"): _structure(
        PrefixLists=(
            "prefixListSet",
            _list(_structure("PrefixListId", "PrefixListName", Cidrs=("cidrSet", _list(_text)))),
        )
    ),
    ("ec2", "DescribeVpcs"): _structure(
        Vpcs=(
            "vpcSet",
            _list(
                _structure(
                    "CidrBlock", "DhcpOptionsId", "InstanceTenancy", "State", "VpcId",
                    IsDefault=("isDefault", _flag),
                    Tags=_TAGS,
                )
            ),
        )
    ),
    ("ec2", "GetEbsDefaultKmsKeyId"): _structure("KmsKeyId"),
    ("ec2", "GetManagedPrefixListEntries"): _structure(
        Entries=("entrySet", _list(_structure("Cidr", "Description")))
    ),
    ("sts", "GetCallerIdentity"): lambda node: _structure(
        Account=("Account", _text), Arn=("Arn", _text), UserId=("UserId", _text)
    )(node[0]),
}  # fmt: skip
"""How to read the answers of the calls that are made here."""
_SINGULAR: Final = {
    "ExecutableUsers": "ExecutableBy",
    "Filters": "Filter",
    "Owners": "Owner",
    "PrefixListIds": "PrefixListId",
    "Values": "Value",
    "VpcIds": "VpcId",
}
"""Lists of parameters → what their elements are called on the wire."""


def send(endpoint: Endpoint, service: str, region: str, operation: str, params: Mapping[str, Any]) -> Any:
    """Make one call, here if it is one of a data source's. See `calls.Send`."""
    read = _ANSWERS.get((service, operation))
    if read is None:
        return by_boto3(endpoint, service, region, operation, params)
    form = urlencode([("Action", operation), ("Version", _VERSIONS[service]), *_flat("", params)]).encode()
    host = urlsplit(endpoint.url).netloc
    headers = signed(endpoint.access_key, endpoint.secret_key, region, service, host, form, _FORM)
    connection = http.client.HTTPConnection(host, timeout=_SECONDS)
    try:
        connection.request("POST", "/", form, headers)
        answer = connection.getresponse()
        content = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise Unanswered(error) from error
    finally:
        connection.close()
    try:
        # What answers is the server that this program started, and it was asked with a secret that only it knows.
        root = ElementTree.fromstring(content)  # noqa: S314
    except ElementTree.ParseError as error:
        if answer.status >= http.client.MULTIPLE_CHOICES:
            raise Declined(str(answer.status), answer.reason, answer.status) from error
        raise Unanswered(error) from error
    if answer.status >= http.client.MULTIPLE_CHOICES:
        date = answer.getheader("Date", "")
        raise Declined(_said(root, "Code") or str(answer.status), _said(root, "Message"), answer.status, date)
    return read(root)


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


def _said(root: Element, name: str) -> str:
    """What an error says; its elements are deep inside, where depends on the service."""
    return next((_text(node) for node in root.iter() if node.tag.rpartition("}")[2] == name), "")
