"""With which files `make test` begins, and what is left of a file at its end."""

import gc
from pathlib import Path
from types import SimpleNamespace

import pluggy
import pytest
from _pytest import hookspec

HERE = Path(__file__).parent


def test_a_file_that_was_renamed_or_deleted_still_stood_among_those_that_begin() -> None:
    named = [line.split()[1] for line in (HERE / "longest_files.txt").read_text().splitlines()[1:]]
    assert len(set(named)) == len(named)
    assert [file for file in named if not (HERE / file).is_file()] == []


def test_what_a_files_fixtures_held_was_kept_until_the_end_of_all_tests(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Runner:
        @pytest.hookimpl
        def pytest_runtest_protocol(self) -> bool:
            done.append("fixtures taken down")
            return True

    done: list[str] = []
    monkeypatch.setattr(gc, "freeze", lambda: done.append("kept"))
    manager = pluggy.PluginManager("pytest")
    manager.add_hookspecs(hookspec)
    manager.register(Runner())
    manager.register(pytestconfig.pluginmanager.get_plugin(str(HERE / "conftest.py")))
    one, same, another = (SimpleNamespace(path=Path(name)) for name in ("test_a.py", "test_a.py", "test_b.py"))
    manager.hook.pytest_runtest_protocol(item=one, nextitem=same)
    assert done == ["fixtures taken down"]
    manager.hook.pytest_runtest_protocol(item=same, nextitem=another)
    assert done == ["fixtures taken down", "fixtures taken down", "kept"]
