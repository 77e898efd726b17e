"""The simulated cloud is asked with its own credentials, whatever somebody has set for AWS."""

import pytest

from soundstage.simulator.aws import clients
from soundstage.simulator.process import Endpoint


@pytest.mark.parametrize("variable", ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"])
def test_nothing_was_brought_up_on_the_simulated_cloud_where_a_profile_was_chosen_for_aws(
    variable: str, cloud: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "work")
    monkeypatch.setattr(clients, "_session", clients._session.__wrapped__)
    monkeypatch.setattr(clients, "_made", {})
    assert cloud.client("sts").get_caller_identity()["Account"] == cloud.account_id
