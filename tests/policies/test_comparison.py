"""What a change brings and takes away, beside what stays: for the comment of a pull request."""

import re
from dataclasses import replace
from typing import Any

from soundstage import policies
from soundstage.policies.comparison import Comparison, compare
from soundstage.policies.example import examples, plan_of
from soundstage.policies.report import Report, names
from soundstage.policies.reports.compared import COMPARED, MARK, document
from soundstage.policies.reports.markdown import MOST_CHARACTERS
from soundstage.policies.settings import Settings

TODAY = Settings.model_validate({"today": "2026-11-21"})


def machine(size: str = "g5.xlarge", **more: Any) -> dict[str, Any]:
    return {"type": "aws:ec2/instance:Instance", "properties": {"instanceType": size, **more}}


def door(*ranges: str) -> dict[str, Any]:
    rules = [{"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": [item]} for item in ranges]
    return {"type": "aws:ec2/securityGroup:SecurityGroup", "properties": {"description": "x", "ingress": rules}}


def judged(resources: dict[str, Any]) -> Report:
    return policies.run(plan_of(resources), settings=TODAY)


def compared(before: dict[str, Any], after: dict[str, Any]) -> Comparison:
    return compare(judged(before), judged(after))


def test_a_plan_compared_with_itself_has_nothing_new_and_nothing_gone() -> None:
    both = {"a": machine(), "b": machine("p5.48xlarge"), "door": door("0.0.0.0/0")}
    found = compared(both, both)
    assert (found.new, found.gone) == ((), ())
    assert len(found.unchanged) == len(judged(both).violations()) > 0


def test_what_a_change_brings_is_what_its_undoing_takes_away() -> None:
    before, after = {"a": machine()}, {"a": machine(), "b": machine("p5.48xlarge"), "door": door("0.0.0.0/0")}
    forth, back = compared(before, after), compared(after, before)
    assert forth.new == back.gone
    assert forth.gone == back.new
    assert {("WS-14", "b"), ("NET-01", "door")} <= names(forth.new)
    assert {name for _, name in names(forth.new)} <= {"b", "door", ""}


def test_what_got_worse_is_new() -> None:
    found = compared({"door": door("0.0.0.0/1")}, {"door": door("0.0.0.0/0")})
    assert ("NET-01", "door") in names(found.new)
    assert ("NET-01", "door") in names(found.gone)


def test_a_harmless_rule_put_first_made_every_rule_new() -> None:
    found = compared({"door": door("0.0.0.0/0")}, {"door": door("203.0.113.7/32", "0.0.0.0/0")})
    assert "NET-01" not in {item.policy.id for item in (*found.new, *found.gone)}


def test_a_second_violation_just_like_the_first_is_new() -> None:
    found = compared({"door": door("0.0.0.0/0")}, {"door": door("0.0.0.0/0", "0.0.0.0/0")})
    assert [item.policy.id for item in found.new].count("NET-01") == 1
    assert [item.policy.id for item in found.unchanged].count("NET-01") == 1


def test_what_followed_from_another_and_stands_alone_now_is_not_new() -> None:
    report = judged({"door": door("0.0.0.0/0")})
    follower = report.consequences[0]
    alone = replace(report, findings=(replace(follower, status="open", reason=""),))
    assert compare(report, alone).new == ()


def test_the_order_of_resources_made_an_old_violation_new() -> None:
    before = {"a": machine(), "b": machine("p5.48xlarge")}
    after = {"c": machine("p4d.24xlarge"), "b": machine(), "door": door("0.0.0.0/0")}

    def turned(resources: dict[str, Any]) -> Report:
        plan = plan_of(resources)
        return policies.run(replace(plan, resources=plan.resources[::-1]), settings=TODAY)

    assert compare(judged(after), turned(after)).new == ()
    told = [
        COMPARED["markdown"](found, False).partition("Could not be judged")[0]
        for found in (
            compare(judged(before), judged(after)),
            compare(turned(before), turned(after)),
        )
    ]
    assert told[0] == told[1]


def test_a_pipeline_finds_its_own_comment_again() -> None:
    text = COMPARED["markdown"](compared({"a": machine()}, {"b": machine()}), False)
    assert text.startswith(MARK.format("example/example"))
    assert text.count("<!--") == text.count("-->") == 1


def test_a_stack_cannot_end_the_mark_of_its_comment() -> None:
    plan = replace(plan_of({"a": machine()}), stack="x --> <script>")
    text = COMPARED["markdown"](compare(policies.run(plan), policies.run(plan)), False)
    assert text.splitlines()[0].endswith("-->")
    assert text.count("-->") == 1
    assert "<script" not in text


def test_a_comment_of_a_thousand_violations_was_refused_for_its_length() -> None:
    name = "n" * 2000
    many = {f"{number}{name}": machine("p5.48xlarge") for number in range(60)}
    for text in (judged(many).render("markdown"), COMPARED["markdown"](compared({}, many), False)):
        assert len(text) < MOST_CHARACTERS + 200
        assert "more than a comment can hold" in text


def test_a_program_gets_what_changed_beside_the_report() -> None:
    found = document(compared({"a": machine()}, {"b": machine("p5.48xlarge")}))
    assert {item["resource"] for item in found["compared"]["gone"]} >= {"a"}
    known = {item["fingerprint"] for item in found["findings"]}
    assert {*found["compared"]["new"], *found["compared"]["unchanged"]} <= known


def test_a_message_that_counted_the_days_was_a_new_violation_every_day() -> None:
    reports = [
        policies.run(examples("WS-09").bad[0].plan(), settings=Settings.model_validate({"today": day}))
        for day in ("2026-11-21", "2026-11-22")
    ]
    assert any(item.policy.id == "WS-09" for item in reports[0].findings)
    assert compare(*reports).new == ()


def test_a_fix_shows_what_is_typed_as_code() -> None:
    text = judged({"a": machine(metadataOptions={"httpTokens": "optional"})}).render("markdown")
    assert re.search(r"Set `metadata_options=[^`]+`", text)
