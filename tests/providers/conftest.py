"""The simulated cloud that the provider's tests talk to: one server for all of them, empty for each."""

from tests.simulator.conftest import _shared_cloud, cloud, cloud_home

__all__ = ["_shared_cloud", "cloud", "cloud_home"]
