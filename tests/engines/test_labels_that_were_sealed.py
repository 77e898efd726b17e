"""A stack with labels of Google Cloud comes over from the genuine engine, which seals what pulumi-gcp shows of them."""

from copy import deepcopy
from typing import Any

import pulumi
import pytest

from soundstage.core.errors import EngineError
from soundstage.core.values import SECRET_SIGNATURE, SIGNATURE_KEY
from soundstage.engines.testing import Bench, Thing

SEALED = {SIGNATURE_KEY: SECRET_SIGNATURE, "ciphertext": "v1:x:y"}


def program() -> None:
    Thing("one", tags={"of": "us"}, opts=pulumi.ResourceOptions(protect=True))


def sealed(bench: Bench, name: str) -> dict[str, Any]:
    """The state with labels, in which an output has been sealed."""
    document = deepcopy(bench.engine.export())
    thing = document["deployment"]["resources"][-1]
    thing["inputs"]["labels"] = {"of": "us"}
    thing["outputs"][name] = SEALED
    return document


@pytest.mark.parametrize("name", ["effectiveLabels", "pulumiLabels"])
def test_a_stack_with_labels_could_not_move_to_the_embedded_engine(bench: Bench, name: str) -> None:
    bench.up(program)
    document = sealed(bench, name)
    bench.engine.import_(document)
    (thing,) = bench.engine.resources().of_type("test:index:Thing")
    assert thing.outputs[name] == {"of": "us"}
    assert thing.options.protect


def test_any_other_secret_still_keeps_it_there(bench: Bench) -> None:
    bench.up(program)
    before = bench.engine.resources()
    with pytest.raises(EngineError, match="holds a secret") as caught:
        bench.engine.import_(sealed(bench, "password"))
    assert "Leave the stack on the Pulumi engine" in caught.value.hint
    assert bench.engine.resources() == before
