"""What is said to be recorded only are types that exist."""

import pytest
from tests.aws_classes import class_of

from soundstage.providers.aws.recorded import RECORDED_ONLY


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # pulumi_aws deprecates some of its own modules
@pytest.mark.parametrize("token", RECORDED_ONLY)
def test_the_type_exists_and_the_sentence_is_one(token: str) -> None:
    assert class_of(token).pulumi_type == token
    assert RECORDED_ONLY[token].endswith(".")
