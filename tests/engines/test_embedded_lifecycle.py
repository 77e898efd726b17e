"""What the embedded engine does with a program, over a cloud in memory."""

import asyncio
import threading
from collections.abc import Callable

import pulumi
import pytest

from soundstage.core.errors import CloudError, OperationError, UsageError
from soundstage.core.values import UNKNOWN, Secret
from soundstage.engines.base import EventKind
from soundstage.engines.testing import Bench, Group, Thing, operations
from soundstage.plan.plan import Operation

SAME, CREATE, UPDATE, REPLACE, DELETE = (
    Operation.SAME,
    Operation.CREATE,
    Operation.UPDATE,
    Operation.REPLACE,
    Operation.DELETE,
)
Options = pulumi.ResourceOptions


def net(size: int = 1) -> None:
    group = Group("net")
    vpc = Thing("vpc", size=size, opts=Options(parent=group))
    Thing("subnet", vpc=vpc.id, opts=Options(parent=group))
    pulumi.export("vpc", vpc.id)


def test_a_preview_changes_nothing_and_knows_what_is_unknown(bench: Bench) -> None:
    plan = bench.engine.preview(net)
    assert operations(plan) == {"net": CREATE, "vpc": CREATE, "subnet": CREATE}
    subnet = next(entry for entry in plan if entry.name == "subnet")
    vpc = next(entry for entry in plan if entry.name == "vpc")
    assert subnet.inputs["vpc"] is UNKNOWN
    assert subnet.outputs["arn"] is UNKNOWN
    assert plan.outputs == {"vpc": UNKNOWN}
    assert subnet.dependencies == (vpc.urn,)
    assert subnet.property_dependencies == {"vpc": (vpc.urn,)}
    assert subnet.parent == next(entry.urn for entry in plan if entry.name == "net")
    assert bench.cloud.names() == []
    assert not bench.folder.exists()


def test_up_creates_and_a_second_up_changes_nothing(bench: Bench) -> None:
    assert bench.up(net) == {CREATE: 2}
    before = (bench.folder / "state.db").read_bytes()
    assert bench.up(net) == {SAME: 2}
    assert bench.cloud.names() == ["subnet", "vpc"]
    assert bench.outputs() == {"vpc": "thing-1"}
    assert (bench.folder / "state.db").read_bytes() == before


def test_a_changed_input_updates_only_that_resource(bench: Bench) -> None:
    bench.up(net)
    assert bench.preview(lambda: net(2)) == {"net": SAME, "vpc": UPDATE, "subnet": SAME}
    bench.events.clear()
    assert bench.up(lambda: net(2)) == {UPDATE: 1, SAME: 1}
    assert [(event.kind, event.name) for event in bench.events] == [
        (EventKind.STEP_STARTED, "vpc"),
        (EventKind.STEP_DONE, "vpc"),
        (EventKind.FINISHED, ""),
    ]
    (change,) = bench.events[0].changes
    assert (change.path, change.before, change.after, change.replaces) == ("size", 1, 2, False)
    assert bench.cloud.by_name("vpc")["size"] == 2


def test_a_replacement_is_made_before_the_old_one_goes(bench: Bench) -> None:
    def program(place: str) -> None:
        first = Thing("first", place=place)
        Thing("second", first=first.id)

    bench.up(lambda: program("here"))
    bench.cloud.calls.clear()
    plan = bench.engine.preview(lambda: program("there"))
    assert operations(plan) == {"first": REPLACE, "second": UPDATE}
    assert bench.up(lambda: program("there")) == {REPLACE: 1, UPDATE: 1}
    assert bench.cloud.calls == [("create", "first"), ("update", "second"), ("delete", "first")]
    assert bench.cloud.names() == ["first", "second"]


def test_where_both_cannot_exist_the_old_one_and_its_dependents_go_first(bench: Bench) -> None:
    def program(slot: int) -> None:
        first = Thing("first", slot=slot)
        Thing("second", place=first.id)
        Thing("third", note=first.id)

    bench.up(lambda: program(1))
    bench.cloud.calls.clear()
    assert bench.preview(lambda: program(2)) == {"first": REPLACE, "second": REPLACE, "third": UPDATE}
    assert bench.up(lambda: program(2)) == {REPLACE: 2, UPDATE: 1}
    assert bench.cloud.calls[:3] == [("delete", "second"), ("delete", "first"), ("create", "first")]
    assert sorted(bench.cloud.calls[3:]) == [("create", "second"), ("update", "third")]


def test_the_program_decides_over_the_provider_what_goes_first(bench: Bench) -> None:
    bench.up(lambda: Thing("one", place="here", opts=Options(delete_before_replace=True)))
    bench.cloud.calls.clear()
    bench.up(lambda: Thing("one", place="there", opts=Options(delete_before_replace=True)))
    assert bench.cloud.calls == [("delete", "one"), ("create", "one")]
    bench.cloud.calls.clear()
    bench.up(lambda: Thing("one", place="there", slot=2, opts=Options(delete_before_replace=False)))
    assert bench.cloud.calls == [("create", "one"), ("delete", "one")]


def test_what_the_program_no_longer_names_goes_in_reverse_order(bench: Bench) -> None:
    bench.up(net)
    bench.cloud.calls.clear()
    assert bench.preview(lambda: None) == {"net": DELETE, "vpc": DELETE, "subnet": DELETE}
    assert bench.up(lambda: None) == {DELETE: 2}
    assert bench.cloud.called("delete") == ["subnet", "vpc"]
    assert not bench.engine.exists()


def test_a_renamed_component_takes_its_children_along(bench: Bench) -> None:
    def program(name: str, *aliases: str) -> None:
        group = Group(name, Options(aliases=[pulumi.Alias(name=alias) for alias in aliases]))
        Thing(f"{name}-child", opts=Options(parent=group))
        Thing("other", opts=Options(parent=group))

    bench.up(lambda: program("old"))
    assert bench.preview(lambda: program("new", "old")) == {"new": SAME, "new-child": SAME, "other": SAME}
    assert bench.up(lambda: program("new", "old")) == {SAME: 2}
    assert bench.up(lambda: program("new")) == {SAME: 2}
    assert bench.cloud.called("create", "delete") == bench.cloud.called("create")


@pytest.mark.parametrize("renamed_first", [True, False])
def test_a_new_resource_with_the_earlier_name_of_another_left_a_state_that_nobody_could_read(
    bench: Bench, *, renamed_first: bool
) -> None:
    bench.up(lambda: Thing("edit-1"))

    def renamed() -> None:
        Thing("edit-2", Options(aliases=[pulumi.Alias(name="edit-1")]))

    def both() -> None:
        for declare in (renamed, lambda: Thing("edit-1"))[:: 1 if renamed_first else -1]:
            declare()

    for attempt in (bench.preview, bench.up):
        with pytest.raises(UsageError, match=r'"edit-2" says that it was once .*::edit-1, which another resource is'):
            attempt(both)
    assert bench.up(renamed) == {SAME: 1}
    assert bench.up(both) == {SAME: 1, CREATE: 1}  # once the rename is done


def test_two_resources_of_one_name_are_refused(bench: Bench) -> None:
    def program() -> None:
        Thing("one")
        Thing("one")

    with pytest.raises(UsageError, match='two resources of type test:index:Thing named "one"'):
        bench.up(program)


def test_a_protected_resource_is_neither_deleted_nor_replaced(bench: Bench) -> None:
    bench.up(lambda: Thing("media", place="here", opts=Options(protect=True)))
    with pytest.raises(OperationError, match=r"media .* is protected and would have to be replaced because of place"):
        bench.up(lambda: Thing("media", place="there", opts=Options(protect=True)))
    for attempt in (bench.engine.preview, bench.engine.up):
        with pytest.raises(OperationError, match="no longer asks for what is protected from deletion: media"):
            attempt(lambda: None)
    with pytest.raises(OperationError, match="Protected resources cannot be deleted: media"):
        bench.engine.destroy()
    assert bench.cloud.called("delete") == []


def test_destroy_leaves_what_is_protected_and_what_that_needs(bench: Bench) -> None:
    def program() -> None:
        key = Thing("key")
        group = Group("storage")
        bucket = Thing("bucket", key=key.id, opts=Options(protect=True, parent=group))
        Thing("policy", bucket=bucket.id, opts=Options(protect=False, parent=group))
        Thing("machine")

    bench.up(program)
    plan = bench.engine.preview_destroy(exclude_protected=True)
    assert operations(plan) == {
        "key": SAME,
        "storage": SAME,
        "bucket": SAME,
        "policy": DELETE,
        "machine": DELETE,
    }
    assert bench.engine.destroy(exclude_protected=True).counts == {DELETE: 2}
    assert bench.cloud.names() == ["bucket", "key"]
    assert {entry.name for entry in bench.engine.resources() if not entry.type.startswith("pulumi:")} == {
        "key",
        "storage",
        "bucket",
    }


def test_children_inherit_protection(bench: Bench) -> None:
    def program() -> None:
        group = Group("storage", Options(protect=True))
        Thing("bucket", opts=Options(parent=group))

    bench.up(program)
    assert all(entry.options.protect for entry in bench.engine.resources() if entry.name in ("storage", "bucket"))


def test_what_is_retained_is_forgotten_and_stays(bench: Bench) -> None:
    bench.up(lambda: Thing("disk", opts=Options(retain_on_delete=True)))
    assert bench.preview(lambda: None) == {"disk": Operation.FORGET}
    assert bench.up(lambda: None) == {Operation.FORGET: 1}
    assert bench.cloud.names() == ["disk"]


def test_ignored_changes_are_not_made(bench: Bench) -> None:
    def program(**properties: object) -> None:
        Thing("one", opts=Options(ignore_changes=["tags.owner", "list[0]"]), **properties)

    bench.up(lambda: program(tags={"owner": "ana", "team": "a"}, list=["x", "y"]))
    assert bench.up(lambda: program(tags={"owner": "bob", "team": "a"}, list=["z", "y"])) == {SAME: 1}
    assert bench.up(lambda: program(tags={"owner": "bob", "team": "b"}, list=["z", "w"])) == {UPDATE: 1}
    assert bench.cloud.by_name("one")["tags"] == {"owner": "ana", "team": "b"}
    assert bench.cloud.by_name("one")["list"] == ["x", "w"]


def test_changes_that_the_program_calls_replacing_replace(bench: Bench) -> None:
    bench.up(lambda: Thing("one", size=1, opts=Options(replace_on_changes=["size"])))
    assert bench.up(lambda: Thing("one", size=2, opts=Options(replace_on_changes=["size"]))) == {REPLACE: 1}


def test_a_changed_option_is_noted_without_a_call(bench: Bench) -> None:
    bench.up(lambda: Thing("one"))
    bench.cloud.calls.clear()
    assert bench.up(lambda: Thing("one", opts=Options(protect=True))) == {SAME: 1}
    assert bench.cloud.calls == []
    (entry,) = (entry for entry in bench.engine.resources() if entry.name == "one")
    assert entry.options.protect


def _deep_secret() -> None:
    Thing("one", size=1, tags={"deep": [pulumi.Output.secret("hunter2")]})


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (lambda: Thing("one", password=pulumi.Output.secret("hunter2")), r"one .* holds a secret \(password\)"),
        (_deep_secret, r"one .* holds a secret \(tags\)"),
        (
            lambda: Thing("one", word="hunter2", opts=Options(additional_secret_outputs=["word"])),
            r"one .* holds a secret \(word\)",
        ),
        (
            lambda: Thing("one", opts=Options(additional_secret_outputs=["token"])),
            r"one .* holds a secret \(token\)",
        ),
        (lambda: pulumi.export("word", pulumi.Output.secret("hunter2")), r"output of .* holds a secret \(word\)"),
    ],
)
def test_a_secret_that_would_be_kept_is_refused_before_anything_is_made(
    bench: Bench, program: Callable[[], object], said: str
) -> None:
    """This engine encrypts nothing; a secret in its state would lie there in clear."""
    for attempt in (bench.engine.preview, bench.engine.up):
        with pytest.raises(OperationError, match=said) as caught:
            attempt(lambda: (program(), None)[1], on_event=bench.events.append)
        assert "workstation engine install" in caught.value.hint
        assert "hunter2" not in str(caught.value) + repr(bench.events)
    assert bench.cloud.calls == []
    assert "hunter2" not in "".join(
        path.read_bytes().decode("latin-1") for path in bench.folder.rglob("*") if path.is_file()
    )


def test_a_secret_that_only_a_provider_answers_reaches_no_file(bench: Bench) -> None:
    def answered(verb: str, _name: str) -> None:
        if verb == "create":
            (made,) = bench.cloud.resources.values()
            made["outputs"]["word"] = Secret("hunter2")

    bench.cloud.after_call = answered
    with pytest.raises(OperationError, match=r"one .* holds a secret"):
        bench.up(lambda: Thing("one"))
    assert "hunter2" not in "".join(
        path.read_bytes().decode("latin-1") for path in bench.folder.rglob("*") if path.is_file()
    )


def test_a_failing_step_keeps_its_dependents_from_starting(bench: Bench) -> None:
    bench.cloud.faults["create", "vpc"] = CloudError("the cloud is full", action="test:Create", code="Full")
    with pytest.raises(CloudError, match=r"vpc \(test:index:Thing\) could not be created: the cloud is full") as caught:
        bench.up(net)
    assert (caught.value.action, caught.value.code) == ("test:Create", "Full")
    assert bench.cloud.called("create") == ["vpc"]
    assert [event.kind for event in bench.events] == [EventKind.STEP_STARTED, EventKind.STEP_FAILED]
    bench.cloud.faults.clear()
    assert bench.up(net) == {CREATE: 2}


def test_a_failed_deletion_does_not_stop_the_others(bench: Bench) -> None:
    def program() -> None:
        vpc = Thing("vpc")
        for name in ("a", "b", "c"):
            Thing(name, vpc=vpc.id)

    bench.up(program)
    bench.cloud.faults["delete", "b"] = CloudError("b is in use by eni-7")
    with pytest.raises(CloudError, match=r"b .* could not be deleted: b is in use by eni-7"):
        bench.engine.destroy(on_event=bench.events.append)
    assert bench.cloud.names() == ["b", "vpc"]
    assert "Still there: b, vpc." in bench.messages()
    bench.cloud.faults.clear()
    bench.engine.destroy()
    assert bench.cloud.names() == []


def test_an_error_in_the_program_makes_no_call_at_all(bench: Bench) -> None:
    def program() -> None:
        Thing("one")
        raise ValueError("boom")

    with pytest.raises(OperationError, match="The program failed: ValueError: boom") as caught:
        bench.up(program)
    assert isinstance(caught.value.__cause__, ValueError)
    assert bench.cloud.calls == []


def test_an_error_in_an_apply_is_the_programs_error(bench: Bench) -> None:
    def program() -> None:
        Thing("one").arn.apply(lambda arn: {}[arn])

    with pytest.raises(OperationError, match="The program failed: KeyError"):
        bench.up(program)
    assert bench.cloud.names() == ["one"]


def test_a_refused_input_is_reported_before_anything_is_made(bench: Bench) -> None:
    with pytest.raises(UsageError, match=r"one \(test:index:Thing\) cannot be made like this: size: must not be neg"):
        bench.up(lambda: Thing("one", size=-1))
    assert bench.cloud.calls == []


def test_data_sources_are_asked_in_preview_too(bench: Bench) -> None:
    def program() -> None:
        pulumi.export("answer", pulumi.runtime.invoke("test:index:get", {"a": 1}).value["a"])

    assert bench.engine.preview(program).outputs == {"answer": 1}


def test_a_failing_data_source_says_so(bench: Bench) -> None:
    with pytest.raises(CloudError, match="no such thing"):
        bench.up(lambda: pulumi.runtime.invoke("test:index:fail", {}) and None)


def test_explicit_providers_are_on_record(bench: Bench) -> None:
    class Test(pulumi.ProviderResource):
        def __init__(self, name: str, **config: str) -> None:
            super().__init__("test", name, config)

    def program(region: str) -> None:
        Thing("one", opts=Options(provider=Test("abroad", region=region)))

    assert bench.up(lambda: program("x")) == {CREATE: 1}
    (provider,) = (entry for entry in bench.engine.resources() if entry.type == "pulumi:providers:test")
    (thing,) = (entry for entry in bench.engine.resources() if entry.name == "one")
    assert thing.provider == f"{provider.urn}::{provider.id}"
    assert bench.up(lambda: program("y")) == {SAME: 1}


def test_targets_limit_what_happens_to_them_and_what_they_need(bench: Bench) -> None:
    def program(size: int) -> None:
        vpc = Thing("vpc", size=size)
        Thing("subnet", vpc=vpc.id, size=size)
        Thing("other", size=size)

    plan = bench.engine.preview(lambda: program(1))
    subnet = next(entry.urn for entry in plan if entry.name == "subnet")
    assert bench.up(lambda: program(1), targets=[subnet]) == {CREATE: 2}
    assert bench.cloud.names() == ["subnet", "vpc"]
    bench.up(lambda: program(1))
    assert bench.up(lambda: program(2), targets=[subnet]) == {UPDATE: 2}
    assert bench.cloud.by_name("other")["size"] == 1
    with pytest.raises(UsageError, match="There is no such resource: urn:nonsense"):
        bench.up(lambda: program(2), targets=["urn:nonsense"])


def test_what_a_resource_outside_the_targets_still_needs_was_deleted_and_the_state_could_not_be_read(
    bench: Bench,
) -> None:
    def before() -> None:
        vpc = Thing("vpc", slot=1)
        key = Thing("key", opts=Options(depends_on=[vpc]))
        Thing("subnet", key=key.arn)

    bench.up(before)
    gone = [entry.urn for entry in bench.engine.resources() if entry.name in ("vpc", "key")]
    for attempt in (bench.preview, bench.up):
        with pytest.raises(
            OperationError, match=r"^key \(.*\) cannot be deleted: subnet, which `--only` leaves out, still"
        ):
            attempt(lambda: Thing("subnet"), targets=gone)
    assert bench.cloud.names() == ["key", "subnet", "vpc"]
    assert bench.up(lambda: Thing("subnet")) == {UPDATE: 1, DELETE: 2}


def test_the_old_half_of_a_replaced_target_goes_though_others_need_the_new_one(bench: Bench) -> None:
    def program(place: str) -> None:
        vpc = Thing("vpc", place=place)
        Thing("subnet", opts=Options(depends_on=[vpc]))

    bench.up(lambda: program("here"))
    vpc = [entry.urn for entry in bench.engine.resources() if entry.name == "vpc"]
    assert bench.up(lambda: program("there"), targets=vpc)[REPLACE] == 1
    assert bench.up(lambda: program("there")) == {SAME: 2}
    assert bench.cloud.names() == ["subnet", "vpc"]


def test_drift_is_shown_adopted_and_mended(bench: Bench) -> None:
    bench.up(net)
    bench.cloud.resources["thing-1"]["properties"]["size"] = 5
    del bench.cloud.resources["thing-2"]
    for _ in range(2):
        plan = bench.engine.refresh(preview_only=True)
        assert operations(plan) == {"net": SAME, "vpc": UPDATE, "subnet": DELETE}
    (change,) = next(entry.changes for entry in plan if entry.name == "vpc")
    assert (change.path, change.before, change.after) == ("size", 1, 5)
    assert bench.up(net) == {SAME: 2}
    assert bench.preview(net, refresh=True) == {"net": SAME, "vpc": UPDATE, "subnet": CREATE}
    assert bench.up(net, refresh=True) == {UPDATE: 1, CREATE: 1}
    assert bench.cloud.by_name("vpc")["size"] == 1
    assert bench.engine.refresh().changes_anything is False


def test_what_vanished_leaves_the_state_and_the_links_to_it(bench: Bench) -> None:
    bench.up(net)
    bench.cloud.resources.clear()
    bench.engine.refresh()
    assert not any(entry.custom for entry in bench.engine.resources() if not entry.type.startswith("pulumi:"))
    assert bench.up(net) == {CREATE: 2}


@pytest.mark.parametrize(
    ("feature", "program"),
    [
        ("transforms", lambda: Thing("one", opts=Options(transforms=[lambda _args: None]))),
        (
            "resource hooks",
            lambda: Thing(
                "one",
                opts=Options(
                    hooks=pulumi.ResourceHookBinding(before_create=[pulumi.ResourceHook("h", lambda _args: None)])
                ),
            ),
        ),
        (r"`import_` \(one\)", lambda: Thing("one", opts=Options(import_="thing-9"))),
        (r"resources that are only looked up \(one\)", lambda: Thing("one", opts=Options(id="thing-9"))),
        (r"`replacement_trigger` \(one\)", lambda: Thing("one", opts=Options(replacement_trigger=1))),
        ("the DeletedWith option", lambda: Thing("one", opts=Options(deleted_with=Group("two")))),
        ("the ReplaceWith option", lambda: Thing("one", opts=Options(replace_with=[Group("two")]))),
    ],
)
def test_what_needs_the_genuine_engine_says_so(bench: Bench, feature: str, program: object) -> None:
    with pytest.raises(OperationError, match=f"(?i)embedded engine does not support {feature}") as caught:
        bench.up(program)
    assert "workstation engine install" in caught.value.hint
    assert "--engine pulumi" in caught.value.hint
    assert bench.cloud.calls == []


def test_many_runs_leave_no_thread_loop_or_setting_behind(bench: Bench) -> None:
    threads = set(threading.enumerate())
    for size in range(3):
        bench.up(lambda value=size: net(value))
    assert set(threading.enumerate()) <= threads
    assert pulumi.runtime.settings.get_monitor() is None
    assert pulumi.runtime.settings.get_root_resource() is None


def test_it_runs_inside_a_running_event_loop(bench: Bench) -> None:
    async def notebook() -> dict[Operation, int]:
        return bench.up(net)

    assert asyncio.run(notebook()) == {CREATE: 2}


def test_outputs_that_a_failed_run_did_not_reach_are_kept(bench: Bench) -> None:
    bench.up(net)
    bench.cloud.faults["update", "vpc"] = CloudError("no")
    with pytest.raises(CloudError):
        bench.up(lambda: net(2))
    assert bench.outputs() == {"vpc": "thing-1"}


def test_a_hundred_machines_are_made_and_unmade(bench: Bench) -> None:
    def program() -> None:
        vpc = Thing("vpc")
        for number in range(100):
            Thing(f"machine-{number}", vpc=vpc.id)

    assert bench.up(program) == {CREATE: 101}
    assert bench.engine.destroy().counts == {DELETE: 101}
    assert bench.cloud.names() == []
