"""What becomes of a disk whose last snapshot no quota is left for."""

from typing import Any

import pytest

from soundstage.core.errors import CloudError
from soundstage.providers.aws.table import ebs
from soundstage.providers.calls import refused
from soundstage.providers.cloud_codes import DISK_QUOTA


class Full:
    """An account that has as many snapshots as it may have."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.asked: list[str] = []

    def call(self, _service: str, operation: str, _arguments: Any, **_more: Any) -> Any:
        self.asked.append(operation)
        if operation == "CreateSnapshot":
            raise refused("ec2:CreateSnapshot", self.code, "You have reached the limit.")
        return {"Snapshots": [], "Volumes": []}


@pytest.mark.parametrize("code", sorted(DISK_QUOTA))
def test_a_disk_is_kept_where_the_quota_leaves_no_room_for_its_last_snapshot(code: str) -> None:
    account = Full(code)
    with pytest.raises(CloudError, match=code) as told:
        ebs.keep_last_state(account, "vol-1", {"finalSnapshot": True})  # type: ignore[arg-type]
    assert "Amazon Elastic Block Store" in told.value.hint
    assert "Nothing was deleted" in told.value.hint
    assert account.asked[-1] == "CreateSnapshot"
