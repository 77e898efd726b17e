"""Names that a cloud takes, tags that carry who pays, and the refusal of everything else."""

import itertools
import re
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundstage.components import naming, tags
from soundstage.components.arguments import choice_fault, email_faults, number_faults
from soundstage.components.aws import audit
from soundstage.core.errors import ArgumentError

LABELS = st.from_regex(r"[a-z](-?[a-z0-9]){0,9}", fullmatch=True)


@pytest.mark.parametrize("label", ["a", "teaser", "northlight-2", "a" * 20])
def test_a_plain_lower_case_name_is_accepted(label: str) -> None:
    assert naming.label_faults("project", label) == []


@pytest.mark.parametrize(
    "label",
    ["", "A", "1st", "-a", "a-", "a--b", "a_b", "a.b", "../x", "a" * 21, "t\u0435aser", "teaser\n", "$(id)", None, 7],
    ids=repr,
)
def test_a_name_that_some_service_refuses_or_that_deceives_is_refused(label: object) -> None:
    (fault,) = naming.label_faults("project", label)
    assert "project is" in fault
    assert "at most 20" in fault


@given(
    studio=LABELS.filter(lambda name: name != "sthree"),
    project=LABELS,
    account=st.from_regex(r"[0-9]{12}", fullmatch=True),
)
def test_every_bucket_name_is_one_that_s3_takes_and_the_trail_watches(studio: str, project: str, account: str) -> None:
    stem = naming.media_bucket_stem(studio, project)
    name = naming.bucket_name(stem, account, "eu-west-1")
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", name)
    assert name.startswith(naming.media_bucket_prefix(studio))


def test_the_longest_names_fit_into_a_bucket_name() -> None:
    stem = naming.media_bucket_stem("s" * naming.LONGEST_LABEL, "p" * naming.LONGEST_LABEL)
    assert len(naming.bucket_name(stem, "123456789012", "ap-southeast-2")) <= 63


def test_buckets_of_two_accounts_regions_or_projects_never_meet() -> None:
    names = {
        naming.bucket_name(stem, account, region)
        for stem in ("home-media-teaser", "home-media-feature")
        for account in ("123456789012", "999999999999")
        for region in ("eu-west-1", "eu-central-1")
    }
    assert len(names) == 8


@pytest.mark.parametrize(
    ("name", "end"), [(naming.log_group_name, "/"), (naming.alarm_name, "/"), (naming.schedule_name, ".")]
)
@given(ours=st.tuples(LABELS, LABELS), theirs=st.tuples(LABELS, LABELS, LABELS))
def test_no_name_of_a_project_begins_like_those_of_another(
    name: Callable[..., str], end: str, ours: tuple[str, str], theirs: tuple[str, str, str]
) -> None:
    studio, project, machine = theirs
    assert name(studio, project, machine).startswith(f"{name(*ours)}{end}") == (ours == (studio, project))


def test_the_longest_names_fit_into_the_name_of_a_schedule_and_stay_different() -> None:
    longest = "x" * naming.LONGEST_LABEL
    names = {
        naming.schedule_name(longest, longest, machine, verb)
        for machine in (longest, longest[:-1] + "y")
        for verb in ("start", "stop")
    }
    assert len(names) == 4
    assert max(map(len, names)) <= naming.LONGEST_SCHEDULE
    assert naming.schedule_name("home", "film", "edit-1", "start") == "home.film.edit-1.start"


def test_a_bucket_keeps_its_name() -> None:
    """The name is a contract: another one would be another, empty bucket."""
    assert naming.bucket_name("home-media-teaser", "123456789012", "eu-west-1") == "home-media-teaser-2e266559"


@pytest.mark.parametrize("stem", ["sthree-media-x", "amzn-s3-demo-x", "x" * 60, "Upper", "under_score"])
def test_a_bucket_name_that_s3_reserves_is_refused(stem: str) -> None:
    with pytest.raises(ArgumentError, match="bucket"):
        naming.bucket_name(stem, "123456789012", "eu-west-1")


def test_all_that_is_known_is_tagged() -> None:
    assert tags.base_tags(
        "home",
        "teaser",
        client="northlight",
        owner="ana@tinyorange.example",
        cost_centre="42",
        expires=date(2027, 3, 31),
    ) == {
        "soundstage:studio": "home",
        "soundstage:project": "teaser",
        "soundstage:client": "northlight",
        "soundstage:owner": "ana@tinyorange.example",
        "soundstage:cost-centre": "42",
        "soundstage:expires": "2027-03-31",
        "soundstage:managed-by": "soundstage",
    }


def test_what_is_not_known_is_not_tagged() -> None:
    assert tags.base_tags("home") == {"soundstage:studio": "home", "soundstage:managed-by": "soundstage"}


def test_all_faults_of_tags_come_at_once() -> None:
    with pytest.raises(ArgumentError) as refusal:
        tags.base_tags("Home", "te aser", client="<b>", owner="x" * 257, expires="soon")
    for word in ("studio", "project", "client", "owner", "expires"):
        assert word in refusal.value.message


@pytest.mark.parametrize(
    "bad",
    [
        {"aws:x": "1"},
        {"AWS:x": "1"},
        {"": "1"},
        {"k" * 129: "1"},
        {"k": "v" * 257},
        {"k": "semi;colon"},
        {"k": "line\nbreak"},
        {"k": 1},
        {f"k{number}": "v" for number in range(51)},
    ],
    ids=["reserved", "reserved-upper", "empty", "long-key", "long-value", "character", "control", "number", "many"],
)
def test_a_tag_that_aws_refuses_is_refused(bad: dict[str, object]) -> None:
    assert tags.tag_faults(bad) != []


def test_a_resource_is_named_without_changing_the_base_tags() -> None:
    base = {"soundstage:studio": "home"}
    assert tags.named(base, "edit-1") == {"soundstage:studio": "home", "Name": "edit-1"}
    assert base == {"soundstage:studio": "home"}


@pytest.mark.parametrize("address", ["ana@studio.example", "a.b+c@x-y.example.org"])
def test_a_usable_address_is_accepted(address: str) -> None:
    assert email_faults("emails", [address]) == []


@pytest.mark.parametrize(
    "address", ["", "ana", "ana@", "@x.example", "a b@x.example", "ana@x", "a@x..example", "é@x.example"]
)
def test_an_address_that_cannot_receive_mail_is_refused(address: str) -> None:
    assert email_faults("emails", [address]) != []


def test_a_misspelt_word_is_answered_with_the_nearest() -> None:
    assert "footage" in choice_fault("lifecycle", "fotage", ("footage", "proxies"))[0]


@pytest.mark.parametrize("value", [0, 11, "5", 5.0, True, None])
def test_a_number_out_of_range_or_of_another_type_is_refused(value: object) -> None:
    assert number_faults("hours", value, 1, 10) != []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("tiny", "teaser"), ("tiny", "teaser-2")),
        (("tiny", "orange"), ("tiny-orange", "teaser")),
        (("tiny", "orange-teaser"), ("tiny-orange", "teaser")),
    ],
)
def test_keys_budgets_and_roles_of_one_project_are_not_those_of_another(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    assert naming.budget_name(*one) != naming.budget_name(*other)
    for ours, theirs in ((one, other), (other, one)):
        assert not naming.key_alias("x", *theirs).startswith(naming.key_alias("", *ours))
        assert not naming.role_path(*theirs).startswith(naming.role_path(*ours))


WORDS = ("tiny", "media", "people", "services", "state", "audit", "access", "logs", "account", "operator")
"""Words that names of ours are joined from, and one that is none of them."""
ACCOUNT = "123456789012"


def of_project(studio: str, project: str) -> Iterator[tuple[str, str]]:
    """What a project has that an account, or a region of it, has one of: the kind and the name."""
    for whose in ("admin", "artist", "reviewer"):
        yield "role", naming.people_role_name(studio, project, whose)
    yield "policy", naming.project_boundary_name(studio, project)
    yield "policy", naming.operator_name(studio, project)
    yield "bucket", naming.media_bucket_name(studio, project, ACCOUNT, "eu-west-1")
    yield "budget", naming.budget_name(studio, project)
    yield from (("document", name) for name in naming.session_documents(studio, project))
    yield "alias", naming.key_alias("tiny", studio, project)
    yield "log group", naming.log_group_name(studio, project, "tiny")
    yield "alarm", naming.alarm_name(studio, project, "tiny")
    yield "schedule", naming.schedule_name(studio, project, "tiny")
    yield "path", naming.role_path(studio, project)


def of_studio(studio: str) -> Iterator[tuple[str, str]]:
    for whose in ("people", "services"):
        yield "policy", naming.boundary_name(studio, whose)
    yield "policy", naming.operator_name(studio)
    for stem in (naming.state_bucket_stem, naming.access_logs_stem, naming.trail_name):
        yield "bucket", naming.bucket_name(stem(studio), ACCOUNT, "eu-west-1")
    yield "budget", naming.account_budget_name(studio)
    yield "alias", naming.key_alias("tiny", studio)
    yield "alarm", naming.alarm_name(studio, "root-use")
    yield "path", naming.role_path(studio)
    for alarm in audit.ALARMS:
        yield "metric", f"{studio}-{alarm.name}"


def test_two_projects_or_studios_of_one_account_shared_a_name() -> None:
    """The studio `tiny` with its project `media-people`, and the studio `tiny-media` with its project `people`."""
    owners: dict[tuple[str, str], tuple[str, ...]] = {}
    for count in (1, 2, 3, 4):
        for words in itertools.product(WORDS, repeat=count):
            owned = [(("-".join(words),), of_studio("-".join(words)))]
            for cut in range(1, count):
                pair = "-".join(words[:cut]), "-".join(words[cut:])
                owned.append((pair, of_project(*pair)))
            for owner, names in owned:
                for name in names:
                    assert owners.setdefault(name, owner) == owner, name


@pytest.mark.parametrize(
    ("project", "ambiguous"),
    [
        ("teaser", False),
        ("media", False),
        ("day-media", False),
        ("media-day", True),
        ("my-media-day", True),
        ("state", True),
        ("my-access-logs", True),
        ("estate", False),
    ],
)
def test_a_media_bucket_is_named_by_its_readable_part_unless_another_studio_could_have_it(
    project: str, ambiguous: bool
) -> None:
    """The name is a contract, and the readable part is what people see."""
    stem = naming.media_bucket_stem("home", project)
    name = naming.media_bucket_name("home", project, ACCOUNT, "eu-west-1")
    assert (name != naming.bucket_name(stem, ACCOUNT, "eu-west-1")) == ambiguous
    assert re.fullmatch(rf"{stem}-[0-9a-f]{{8}}", name)


def test_roles_keep_their_names() -> None:
    """People type them; a role under another name is another one."""
    assert naming.people_role_name("home", "teaser", "admin") == "home-teaser-admin"
    assert naming.people_role_name("home", "teaser-2", "admin") == "home.teaser-2-admin"
    assert naming.project_boundary_name("home", "teaser") == "home-teaser-boundary"
    assert naming.project_boundary_name("home", "people") == "home.people-boundary"
    assert naming.operator_name("home", "teaser") == "home-teaser-operator"
    assert (naming.operator_name("tiny"), naming.operator_name("tiny-orange")) == (
        "tiny-operator",
        "tiny-orange.operator",
    )
