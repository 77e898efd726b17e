"""What is deleted while that which still needs it is being deleted beside it."""

from types import SimpleNamespace
from typing import Any

import pytest

from soundstage.core.errors import CloudError
from soundstage.providers import table_provider
from soundstage.providers.aws.provider import AWS
from soundstage.providers.table_provider import TableProvider

GATEWAY, NETWORK = "aws:ec2/internetGateway:InternetGateway", "aws:ec2/vpc:Vpc"


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every delete is refused the first two times."""
    asked: list[str] = []

    def once(_work: Any, entry: Any) -> bool:
        asked.append(entry.token)
        if len(asked) < 3:
            raise CloudError("It has some mapped public addresses.", code="DependencyViolation")
        return False

    monkeypatch.setattr(table_provider, "_delete_once", once)
    monkeypatch.setattr("soundstage.providers.table_provider.time.sleep", lambda _: None)
    return asked


def deleted(type: str) -> bool:
    provider = SimpleNamespace(_catalogue=AWS)
    work = SimpleNamespace(scope=SimpleNamespace(entry=AWS.types[type]))
    return TableProvider._deleted(provider, work)  # type: ignore[arg-type]


def test_a_gateway_whose_addresses_went_a_moment_later_stayed(refused: list[str]) -> None:
    """`down` ended with it, and with the network, still there."""
    assert deleted(GATEWAY) is False
    assert refused == [GATEWAY] * 3


def test_what_does_not_go_last_is_refused_at_once(refused: list[str]) -> None:
    with pytest.raises(CloudError):
        deleted(NETWORK)
    assert refused == [NETWORK]
