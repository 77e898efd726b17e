"""Filters that EC2 has and moto refuses as not implemented."""

from moto.ec2.utils import filter_dict_attribute_mapping


def apply() -> None:
    """Let machines be found by the client token of their launch."""
    filter_dict_attribute_mapping["client-token"] = "client_token"
