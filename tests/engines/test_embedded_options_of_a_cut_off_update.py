"""An update that did not get to its end takes no protection away."""

import pulumi
import pytest

from soundstage.core.errors import CloudError
from soundstage.engines.testing import Bench, Thing

Options = pulumi.ResourceOptions


def test_what_an_unfinished_update_would_no_longer_protect_stays_protected(bench: Bench) -> None:
    bench.up(lambda: Thing("media", size=1, opts=Options(protect=True)))
    bench.cloud.faults[("update", "media")] = CloudError("no answer")
    with pytest.raises(CloudError):
        bench.up(lambda: Thing("media", size=2, opts=Options(protect=False)))
    bench.cloud.faults.clear()
    bench.engine.destroy(exclude_protected=True)
    assert bench.cloud.names() == ["media"]
    bench.up(lambda: Thing("media", size=2, opts=Options(protect=False)))
    assert bench.cloud.by_name("media")["size"] == 2
    bench.engine.destroy(exclude_protected=True)
    assert bench.cloud.names() == []
