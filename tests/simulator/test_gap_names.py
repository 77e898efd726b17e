"""What completes moto is found by its name, so a wrong name would silently leave moto's own answer in its place."""

import inspect
from importlib import import_module
from pathlib import Path
from types import FunctionType

import pytest
from botocore import xform_name
from moto.core.utils import get_service_model

from soundstage.simulator.aws import gaps

_MODULES = [(service, name) for service, names in gaps._SERVICES.items() for name in names]


@pytest.mark.parametrize(("service", "name"), _MODULES)
def test_a_function_that_nothing_calls_is_named_after_an_operation(service: str, name: str, repository: Path) -> None:
    module = import_module(f"soundstage.simulator.aws.gaps.{name}")
    operations = {xform_name(operation) for operation in get_service_model(service).operation_names}
    others = "".join(path.read_text() for path in (repository / "simulator").rglob("*.py"))
    own = [
        each for each in vars(module).values() if isinstance(each, FunctionType) and each.__module__ == module.__name__
    ]
    strays = [each.__name__ for each in own if each.__name__ not in operations and others.count(each.__name__) < 2]
    assert not strays


@pytest.mark.parametrize(("service", "name"), _MODULES)
def test_a_handler_of_several_serves_operations_that_exist(service: str, name: str) -> None:
    module = import_module(f"soundstage.simulator.aws.gaps.{name}")
    assert set(getattr(module, "HANDLERS", {})) <= set(get_service_model(service).operation_names)
    assert all(inspect.isfunction(each) for each in getattr(module, "HANDLERS", {}).values())


def test_a_request_cannot_reach_a_function_that_is_no_operation() -> None:
    assert gaps.handler_of("ec2", "Opened") is gaps.Call.pass_on
    assert gaps.handler_of("ec2", "RunInstances") is not gaps.Call.pass_on
