"""Filters that EC2 has, and moto refuses as not implemented or takes no notice of."""

from typing import Any

from moto.ec2.models.nat_gateways import NatGatewayBackend
from moto.ec2.utils import filter_dict_attribute_mapping, generic_filter

_gateways = NatGatewayBackend.describe_nat_gateways


def _by_tags_too(self: Any, filters: Any, nat_gateway_ids: Any) -> Any:
    of_tags = {name: values for name, values in (filters or {}).items() if name.startswith("tag")}
    return generic_filter(of_tags, _gateways(self, filters, nat_gateway_ids))


def apply() -> None:
    """Let machines be found by the client token of their launch, and NAT gateways by their tags."""
    filter_dict_attribute_mapping["client-token"] = "client_token"
    backend: Any = NatGatewayBackend
    backend.describe_nat_gateways = _by_tags_too
