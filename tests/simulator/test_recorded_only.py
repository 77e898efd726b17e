"""What is said to be recorded only are types that exist."""

import re
from importlib import import_module

import pytest

from soundstage.simulator.recorded import RECORDED_ONLY


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # pulumi_aws deprecates some of its own modules
@pytest.mark.parametrize("token", RECORDED_ONLY)
def test_the_type_exists_and_the_sentence_is_one(token: str) -> None:
    _, place, name = token.split(":")
    module, _, file = place.partition("/")
    snake = re.sub(r"([A-Z])", lambda letter: f"_{letter[1].lower()}", file)
    kind = getattr(import_module(f"pulumi_aws.{module}.{snake}"), name)
    assert kind.pulumi_type == token
    assert RECORDED_ONLY[token].endswith(".")
