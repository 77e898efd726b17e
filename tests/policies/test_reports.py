"""Each report format says the same, is valid for its reader, and lets nothing from a plan escape into it."""

import json
import re
from collections.abc import Callable
from html import escape, unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from soundstage import policies
from soundstage.core.errors import UsageError
from soundstage.policies.example import plan_of
from soundstage.policies.report import Report
from soundstage.policies.reports import RENDERERS
from soundstage.policies.settings import Settings
from soundstage.policies.waivers import Waiver

SCHEMA = json.loads((Path(__file__).parent / "data" / "sarif-schema-2.1.0.json").read_text())
NAME = 'x</td><script>alert(1)</script>|`[a](http://b)`\x1b[31m\u202e"&'


@pytest.fixture
def hostile() -> Report:
    """A stack whose names try to command a terminal, a table and a browser."""
    return policies.run(
        plan_of({NAME: {"type": "aws:ec2/instance:Instance", "properties": {"instanceType": "g5.xlarge"}}})
    )


def test_sarif_is_valid_by_its_schema(open_report: Report, hostile: Report) -> None:
    for report in (open_report, hostile):
        document = json.loads(report.render("sarif"))
        jsonschema.validate(document, SCHEMA)
    run = json.loads(open_report.render("sarif"))["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert {result["ruleId"] for result in run["results"]} <= set(rules)
    waived = [result for result in run["results"] if "suppressions" in result]
    assert [result["ruleId"] for result in waived] == ["NET-01"]


def test_json_carries_every_finding_with_its_fix_and_its_patch(open_report: Report) -> None:
    document = json.loads(open_report.render("json"))
    by_policy = {item["policy"]: item for item in document["findings"]}
    assert by_policy["WS-01"]["patch"][0] == {"path": "metadataOptions.httpTokens", "value": "required"}
    assert by_policy["NET-01"]["status"] == "waived"
    assert "cis-aws-5.0:5.3" in by_policy["NET-01"]["references"]
    assert document["unjudged"] == {"aws:quantum/cat:Cat": 1}
    assert document["counts"]["blind"] == len(document["blind"]) > 0


def test_junit_fails_exactly_the_refused_policies(open_report: Report) -> None:
    suite = ElementTree.fromstring(open_report.render("junit"))[0]
    failed = {case.attrib["name"].split()[0] for case in suite.iter("testcase") if case.find("failure") is not None}
    assert failed == {item.policy.id for item in open_report.violations(mandatory=True)}
    assert int(suite.attrib["failures"]) == len(failed)
    assert int(suite.attrib["tests"]) == len(open_report.policies)


def test_markdown_lists_what_is_wrong_and_what_is_waived(open_report: Report) -> None:
    text = open_report.render("markdown")
    assert text.startswith("### ❌")
    assert "WS-01" in text
    assert "closed at the office" in text


def test_the_evidence_page_speaks_of_every_framework_and_certifies_nothing(open_report: Report) -> None:
    page = open_report.render("html")
    HTMLParser().feed(page)
    for name in ("CIS Amazon", "CIS Google", "AWS Foundational", "MPA Content", "General Data Protection"):
        assert name in page
    assert "manual" in page
    assert "not judged" in page
    assert "closed at the office &lt;b&gt;" in page
    assert "certifies nothing" in page


def test_the_evidence_page_named_violations_by_number_without_what_to_do(open_report: Report) -> None:
    page = open_report.render("html")
    for item in open_report.violations():
        assert f"<h3>{item.policy.id} {escape(item.policy.title)}</h3>" in page
        assert escape(item.policy.fix.split("`")[0]) in page


def test_the_evidence_page_put_dozens_of_like_rows_before_its_tables() -> None:
    """What could not be judged comes last, a line for each reason; resources with one fault share a line."""
    machine = {"type": "aws:ec2/instance:Instance", "properties": {"instanceType": "g5.xlarge", "tags": "${?}"}}
    report = policies.run(plan_of({f"edit-{number}": machine for number in range(9)}))
    page = report.render("html")
    assert page.index("Could not be judged") > page.rindex("</table>")
    assert page.count("<li>") < len(report.violations()) / 3
    assert page.count("<strong>edit-8</strong>") == len({item.policy.id for item in report.violations()})


class _Links(HTMLParser):
    """Where the links of a page lead, and what there is to be led to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.places: list[str] = []
        self.leads_to: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self.places += [said["id"]] if said.get("id") else []
        self.leads_to |= {said["href"]} if said.get("href") else set()


@pytest.mark.parametrize("report", ["open_report", "hostile"])
def test_a_policy_was_named_and_could_not_be_followed_to_what_it_found(
    report: str, request: pytest.FixtureRequest
) -> None:
    judged: Report = request.getfixturevalue(report)
    links = _Links(judged.render("html"))
    inside = {link[1:] for link in links.leads_to if link.startswith("#")}
    assert inside <= set(links.places)
    assert len(links.places) == len(set(links.places))
    assert {f"policy-{policy.id}" for policy in judged.policies} <= set(links.places)
    assert {item.policy.id for item in judged.violations()} <= inside
    assert all(link.startswith(("#", "https://")) for link in links.leads_to)


def test_controls_of_a_cloud_that_is_not_in_the_stack_were_counted_as_passed(open_report: Report) -> None:
    page = open_report.render("html")
    assert "nothing of its cloud is here" in page
    assert 'id="cis-gcp-5.0"' not in page
    both = policies.run(
        plan_of(
            {
                "here": {"type": "aws:ec2/vpc:Vpc", "properties": {}},
                "there": {"type": "gcp:compute/network:Network", "properties": {}},
            }
        )
    ).render("html")
    assert "nothing of its cloud is here" not in both


def _state(page: str, control: str) -> str:
    """The state that the appendix gives to a control."""
    row = page[page.index(f'<tr id="{control}">') :]
    return re.findall(r'title="State">([^<]+)<', row)[0]


def test_a_control_was_called_passed_in_a_stack_that_has_nothing_of_its_kind() -> None:
    """A client read that Security Hub was on, of a stack that has only to do with a network."""
    page = policies.run(
        plan_of({"here": {"type": "aws:ec2/vpc:Vpc", "properties": {"enableDnsSupport": True}}})
    ).render("html")
    assert _state(page, "cis-aws-7.0:6.7") == "does not arise"
    assert _state(page, "cis-aws-7.0:3.3.1") == "does not arise"
    assert _state(page, "cis-aws-7.0:4.7") == "broken"
    assert _state(page, "cis-aws-7.0:2.4") == "manual"


def test_a_control_of_which_a_plan_shows_a_part_is_kept_in_part_in_every_edition() -> None:
    default = {"type": "aws:ebs/encryptionByDefault:EncryptionByDefault", "properties": {"enabled": True}}
    page = policies.run(plan_of({"default": default})).render("html")
    assert [_state(page, control) for control in ("cis-aws-7.0:6.1.1", "cis-aws-5.0:5.1.1")] == ["kept in part"] * 2


def test_a_policy_that_was_shown_a_resource_was_not_idle() -> None:
    report = policies.run(plan_of({"disk": {"type": "aws:ebs/volume:Volume", "properties": {}}}))
    assert {item.policy.id for item in report.findings}.isdisjoint(report.idle)
    assert "WS-02" not in report.idle
    assert "WS-01" in report.idle
    assert set(json.loads(report.render("json"))["idle"]) == report.idle


def test_twenty_names_of_one_fault_hid_the_next_one() -> None:
    """The first are named, the rest is folded away, and on paper, where nobody can click, it is shown."""
    machine = {"type": "aws:ec2/instance:Instance", "properties": {"instanceType": "g5.xlarge"}}
    page = policies.run(plan_of({f"edit-{number}": machine for number in range(20)})).render("html")
    assert "<summary>and 12 more</summary>" in page
    assert "details::details-content{display:block;content-visibility:visible}" in page


def test_one_reason_for_four_waivers_stood_there_four_times(waiver: Waiver, settings: Settings) -> None:
    machines = {
        f"edit-{size}": {"type": "aws:ec2/instance:Instance", "properties": {"instanceType": f"{size}.48xlarge"}}
        for size in ("p5", "p4d", "p5e", "trn1")
    }
    accepted = waiver.model_copy(update={"policy": "WS-14", "resource": "edit-*"})
    report = policies.run(plan_of(machines), settings=settings, waivers=[accepted])
    assert len(report.waived) == 4
    assert report.render("html").count("closed at the office") == 1


def test_the_evidence_page_was_cut_off_on_a_narrow_screen(open_report: Report) -> None:
    page = open_report.render("html")
    assert '<meta name="viewport" content="width=device-width,initial-scale=1">' in page
    assert "overflow-wrap:anywhere" in page
    assert "@media (max-width:40rem){thead{display:none}" in page


def test_the_terminal_shows_the_worst_first_and_its_fix(open_report: Report) -> None:
    text = open_report.render("terminal")
    assert text.index("refused") < text.index("advised")
    assert "Fix: Set `metadata_options=" in text
    assert "\x1b" not in text
    assert "\x1b[31;1m" in open_report.render("terminal", colour=True)


NOT_IN: dict[str, Callable[[str], bool]] = {
    "terminal": lambda text: "\x1b" in text or "\u202e" in text,
    "json": lambda text: "\x1b" in text or "\u202e" in text,
    "sarif": lambda text: "\x1b" in text or "\u202e" in text or "](" in text,
    "junit": lambda text: "<script" in text or "\x1b" in text,
    "markdown": lambda text: "<script" in text or "[a](http" in text or "\x1b" in text,
    "html": lambda text: "<script" in text or "\x1b" in text or "\u202e" in text,
}


@pytest.mark.parametrize("format", RENDERERS)
def test_a_hostile_name_cannot_leave_its_place(format: str, hostile: Report) -> None:
    assert not NOT_IN[format](hostile.render(format))


LINKS = (
    "https://evil.example/x", "WWW.evil.example", "ftp://evil.example", "ana@evil.example", "@team", "&#64;team", "#12",
    "owner/repo#3", "&#104;ttps://evil.example", "[a](https://evil.example)", "<https://evil.example>", "![a](x)", "$x$",
)  # fmt: skip
"""What a name can be to become a link, a picture, a mention, a reference or a formula in a pull request's comment."""


@pytest.mark.parametrize("name", LINKS)
def test_a_bare_address_in_a_name_became_a_link_in_the_comment(name: str) -> None:
    """GitHub looks for bare addresses and mentions after backslashes and entities were read."""
    report = policies.run(plan_of({f"x {name}": {"type": "aws:ec2/instance:Instance", "properties": {}}}))
    text = unescape(re.sub(r"\\(?=[!-/:-@\[-`{-~])", "", report.render("markdown")))
    assert not re.search(r"(?i)[a-z]://|www\.|@[a-z]|#[0-9]", text)
    assert "\u200b" in text or name in ("![a](x)", "$x$")


def test_a_program_gets_a_hostile_name_as_it_is_and_a_person_never_sees_it_act() -> None:
    """Right-to-left marks in JSON are written as escapes: the parsed name is the one in the plan."""
    name = "bucket\u202egpj.exe"
    report = policies.run(plan_of({name: {"type": "aws:ec2/instance:Instance", "properties": {}}}))
    for format in ("json", "sarif"):
        assert report.render(format).isascii()
    assert {item["resource"] for item in json.loads(report.render("json"))["findings"]} >= {name}
    places = json.loads(report.render("sarif"))["runs"][0]["results"]
    told = [place["message"]["text"] + place["locations"][0]["logicalLocations"][0]["name"] for place in places]
    assert any("\\u202e" in text for text in told)
    assert all(text.isprintable() for text in told)


@pytest.mark.parametrize("format", RENDERERS)
def test_an_empty_stack_has_a_report(format: str) -> None:
    report = policies.run(plan_of({}))
    assert report.render(format).endswith("\n")
    assert not report.refuses()


def test_an_unknown_format_is_refused(open_report: Report) -> None:
    with pytest.raises(UsageError, match="pdf"):
        open_report.render("pdf")


def test_reports_are_the_same_from_run_to_run(open_report: Report, open_plan: Any, settings: Any, waiver: Any) -> None:
    again = policies.run(open_plan, "studio", settings, [waiver])
    assert {format: again.render(format) for format in RENDERERS} == {
        format: open_report.render(format) for format in RENDERERS
    }
