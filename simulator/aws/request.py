"""What an AWS request asks for: service, operation, region, caller and parameters, whatever its protocol.

Operations of the REST protocols are found by moto's router, from botocore's service models; those of the others name themselves.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, cached_property
from types import SimpleNamespace
from typing import Any, Final
from urllib.parse import parse_qsl

_SERVICE_OF_SIGNING_NAME: Final = {
    "access-analyzer": "accessanalyzer",
    "elasticfilesystem": "efs",
    "elasticloadbalancing": "elbv2",
    "email": "ses",
    "monitoring": "cloudwatch",
    "servicequotas": "service-quotas",
    "states": "stepfunctions",
    "tagging": "resourcegroupstaggingapi",
}
"""Services that sign with another name than botocore calls them (botocore 1.44 service models, 2026-11)."""

_READS: Final = ("Describe*", "Get*", "List*", "Head*", "Search*", "Lookup*", "Select*", "Simulate*", "Check*")
_READS_THAT_WRITE: Final = frozenset({"GetFederationToken", "GetSessionToken", "ReceiveMessage", "GetShardIterator"})

_REST: Final = ("rest-json", "rest-xml")


def is_read_only(operation: str) -> bool:
    """Whether an operation changes nothing, judged by its name as AWS forms them."""
    return operation not in _READS_THAT_WRITE and any(fnmatchcase(operation, read) for read in _READS)


@dataclass(frozen=True)
class AwsRequest:
    """One request. `service` is botocore's name for it (`ec2`, `s3control`, `cloudwatch`); `protocol` one of `query`,
    `ec2`, `json`, `cbor`, `rest-json`, `rest-xml`; `operation` is empty when nothing in the model matches. Header names
    are in lower case; `query` is the raw query string and `path` the raw path."""

    service: str
    operation: str
    protocol: str
    region: str
    access_key: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    labels: Mapping[str, str]
    """The parts of a REST path that the model names, such as `Bucket` and `Key`."""

    @property
    def action(self) -> str:
        """`ec2:RunInstances`."""
        return f"{self.service}:{self.operation}"

    @property
    def read_only(self) -> bool:
        return is_read_only(self.operation) if self.operation else self.method in ("GET", "HEAD")

    @cached_property
    def params(self) -> Mapping[str, Any]:
        """Parameters by name. Query protocols: flat strings such as `InstanceId.1`. JSON: the body. REST: labels, query
        and, for JSON, the body's members."""
        if self.protocol in ("query", "ec2"):
            return dict(parse_qsl(f"{self.query}&{self.body.decode('utf-8', 'replace')}", keep_blank_values=True))
        if self.protocol == "cbor":
            from botocore.parsers import RpcV2CBORParser  # the only decoder that ships with botocore

            decoder = RpcV2CBORParser()
            found = decoder.parse_data_item(decoder.get_peekable_stream_from_bytes(self.body)) if self.body else {}
            return found if isinstance(found, dict) else {}
        body = _json(self.body) if self.protocol in ("json", "rest-json") else {}
        return {**dict(parse_qsl(self.query, keep_blank_values=True)), **self.labels, **body}

    def members(self, name: str) -> list[str]:
        """The values of a list in a query protocol: `InstanceId.1`, `InstanceId.2` …, also `Name.member.1`."""
        pattern = re.compile(rf"{re.escape(name)}(?:\.member)?\.(\d+)$")
        found = [(int(match[1]), value) for key, value in self.params.items() if (match := pattern.match(key))]
        return [value for _, value in sorted(found)]


def parse(
    method: str, path: str, query: str, headers: Mapping[str, str], body: bytes, scope: Sequence[str]
) -> AwsRequest:
    """Read a request whose credential scope is `access key, date, region, service`. Header names are in lower case."""
    access_key, _, region, signing = scope
    service = _SERVICE_OF_SIGNING_NAME.get(signing, signing)
    if service == "s3" and path.startswith("/v20180820/"):
        service = "s3control"
    protocol, operation, labels = _operation(service, method, path, query, headers, body)
    return AwsRequest(service, operation, protocol, region, access_key, method, path, query, headers, body, labels)


def _operation(
    service: str, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> tuple[str, str, dict[str, str]]:
    target = headers.get("x-amz-target")
    if target:
        return "json", target.rpartition(".")[2], {}
    if headers.get("smithy-protocol") == "rpc-v2-cbor":
        return "cbor", path.rpartition("/")[2], {}
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        found = re.search(rb"(?:^|&)Action=([A-Za-z0-9]+)", body)
        if found:
            return _query_protocol(service), found[1].decode(), {}
    router = _router(service)
    if router is None:
        found_in_query = re.search(r"(?:^|&)Action=([A-Za-z0-9]+)", query)
        return _query_protocol(service), found_in_query[1] if found_in_query else "", {}
    from werkzeug.datastructures import Headers
    from werkzeug.exceptions import NotFound

    asked = dict(parse_qsl(query, keep_blank_values=True))
    request = SimpleNamespace(
        host="localhost", raw_path=path, method=method, args=asked, headers=Headers(list(headers.items()))
    )
    protocol = router.service_model.metadata["protocol"]
    try:
        operation, labels = router.match(request)
    except NotFound:
        return protocol, "", {}
    return protocol, operation.name, labels


def _query_protocol(service: str) -> str:
    return "ec2" if service == "ec2" else "query"


@cache
def _router(service: str) -> Any:
    """What finds the operations of a REST service; None for a service of another protocol, or one that does not exist."""
    from botocore.exceptions import UnknownServiceError
    from moto.core.routing import RestRouter
    from moto.core.utils import get_service_model

    try:
        model = get_service_model(service)
    except UnknownServiceError:
        return None
    return RestRouter(model) if model.metadata["protocol"] in _REST else None


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
