"""moto makes a service's backend for a region when it is first asked for, with ids (the default VPC's, say) from its
shared random source. Who asks first would decide them, and a reading call is not journalled. Each backend therefore
gets its ids from a seed of its own."""

from typing import Any

from moto.core import base_backend
from moto.moto_api._internal import mock_random

_getitem = base_backend.AccountSpecificBackend.__getitem__


def _seeded_getitem(self: Any, region_name: str) -> Any:
    if dict.__contains__(self, region_name):
        return dict.__getitem__(self, region_name)
    state = mock_random.getstate()
    mock_random.seed(f"{self.service_name} {self.account_id} {region_name}")
    try:
        return _getitem(self, region_name)
    finally:
        mock_random.setstate(state)


def apply() -> None:
    """Make every backend the same, whoever touches it first."""
    vars_of: Any = base_backend.AccountSpecificBackend
    vars_of.__getitem__ = _seeded_getitem
