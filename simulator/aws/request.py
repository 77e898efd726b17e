"""What an AWS request asks for: service, operation, region, caller and parameters, whatever its protocol.

Operations of the REST protocols are found with botocore's own service models; those of the others name themselves.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, cached_property
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

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
    protocol, routes = _routes(service)
    if protocol not in _REST:
        found_in_query = re.search(r"(?:^|&)Action=([A-Za-z0-9]+)", query)
        return _query_protocol(service), found_in_query[1] if found_in_query else "", {}
    asked = dict(parse_qsl(query, keep_blank_values=True))
    trimmed = path.rstrip("/") or "/"
    for route in routes.get(method, ()):
        match = route.pattern.fullmatch(path) or route.pattern.fullmatch(trimmed)
        if (
            match
            and route.headers <= headers.keys()
            and all(key in asked and value in (None, asked[key]) for key, value in route.query)
        ):
            return protocol, route.operation, {key: unquote(value) for key, value in match.groupdict().items()}
    return protocol, "", {}


def _query_protocol(service: str) -> str:
    return "ec2" if service == "ec2" else "query"


@dataclass(frozen=True)
class _Route:
    operation: str
    pattern: re.Pattern[str]
    query: tuple[tuple[str, str | None], ...]
    headers: frozenset[str]
    rank: tuple[int, int, str]


@cache
def _routes(service: str) -> tuple[str, dict[str, list[_Route]]]:
    """The protocol of a service and, for REST, its operations by method, the most demanding first."""
    model = _model(service)
    protocol = str(model.get("metadata", {}).get("protocol", "query"))
    routes: dict[str, list[_Route]] = {}
    if protocol in _REST:
        for name, operation in model["operations"].items():
            routes.setdefault(operation["http"]["method"], []).append(_route(name, operation, model["shapes"]))
        for of_method in routes.values():
            of_method.sort(key=lambda route: route.rank)
    return protocol, routes


def _route(name: str, operation: Mapping[str, Any], shapes: Mapping[str, Any]) -> _Route:
    path, _, fixed = operation["http"]["requestUri"].partition("?")
    query = {key: value or None for key, value in parse_qsl(fixed, keep_blank_values=True) if key != "x-id"}
    headers = set()
    shape = shapes[operation["input"]["shape"]] if "input" in operation else {}
    for member in shape.get("required", ()):
        about = shape["members"][member]
        if about.get("location") == "querystring":
            query.setdefault(about["locationName"], None)
        elif about.get("location") == "header":
            headers.add(about["locationName"].lower())
    literal = re.sub(r"\{[^}]*\}", "", path)
    pattern = re.sub(
        r"\{(\w+)(\+?)\}",
        lambda label: f"(?P<{label[1]}>{'.+' if label[2] else '[^/]+'})",
        re.sub(r"[.\-]", lambda special: "\\" + special[0], path),
    )
    demands = len(query) + len(headers) + sum(value is not None for value in query.values())
    rank = (bool(operation.get("deprecated")), -10 * demands - len(literal), name)
    return _Route(name, re.compile(pattern), tuple(query.items()), frozenset(headers), rank)


@cache
def _model(service: str) -> Mapping[str, Any]:
    from botocore.exceptions import UnknownServiceError
    from botocore.loaders import Loader

    try:
        model: Mapping[str, Any] = Loader().load_service_model(service, "service-2")
    except UnknownServiceError:
        return {}
    return model


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
