"""Facts of every sort for the pictures' tests: few and many machines, long and foreign names, every way in and out."""

from collections.abc import Sequence
from typing import Final

from hypothesis import strategies as st

from soundstage.plan.diagram.facts import Bucket, Budget, Disk, Door, Facts, Machine, Network, People, Reach

HOSTILE: Final = (
    "</text><script>alert(1)</script>",
    '"]; click a "https://example.com"',
    "a&b<c>'d\"",
    "%%{init: {}}%%",
    "`bold` **x** #35; #quot;",
    "end\nsubgraph x",
    "\x00\x1b[31m\u202eevil\u200b",
    "e\u0301\u0301\u0301\u0301\u0301\u0301",
    "ﷺ𒐫漢字かな🎬👩\u200d🎨",
    "W" * 300,
    "1. list",
    "- list",
    "]]>",
)
NAMES: Final = st.one_of(st.sampled_from(("edit-1", "color-1", *HOSTILE)), st.text(max_size=60))
ZONES: Final = st.sampled_from(("", "eu-west-1a", "eu-west-1b", "eu-west-1c"))


def _machines(networks: Sequence[Network], buckets: Sequence[Bucket]) -> st.SearchStrategy[Machine]:
    doors = st.builds(Door, st.sampled_from(Reach), NAMES, st.sampled_from(("the display (port 8443)", "every port")))
    return st.builds(
        Machine,
        name=NAMES,
        work=NAMES,
        user=NAMES,
        type=st.sampled_from(("g5.2xlarge", "")),
        os=st.sampled_from(("linux", "windows", "")),
        spot=st.booleans(),
        network=st.sampled_from([None, *(one.urn for one in networks)]),
        zone=ZONES,
        disks=st.tuples(st.builds(Disk, st.just("work disk"), st.none() | st.integers(1, 64_000))),
        hours=st.sampled_from(("", "Mon-Fri 09:00-19:00 Europe/Lisbon", "Sat until 23:00 UTC")),
        idle_minutes=st.sampled_from((None, 30, 45)),
        doors=st.lists(doors, max_size=3).map(tuple),
        public=st.booleans(),
        ways_out=st.none() | st.sampled_from(((), ("HTTPS (port 443)", "HTTP (port 80)"))),
        unseen_rules=st.booleans(),
        media=st.sampled_from([(), tuple(bucket.urn for bucket in buckets)]),
        stopped_by_budget=st.booleans(),
    )


@st.composite
def any_facts(draw: st.DrawFn, most: int = 24) -> Facts:
    """Facts of a plan that may hold anything."""
    networks = [
        Network(f"network-{n}", draw(NAMES), draw(st.sampled_from(("10.0.0.0/20", ""))), draw(st.lists(ZONES, max_size=3).map(tuple)),
                *(draw(st.booleans()) for _ in range(4)))
        for n in range(draw(st.integers(0, 2)))
    ]  # fmt: skip
    buckets = [
        Bucket(f"bucket-{n}", draw(NAMES), draw(NAMES), draw(st.booleans()), draw(st.lists(NAMES, max_size=4).map(tuple)),
               lock_days=draw(st.none() | st.integers(1, 99)), versioned=draw(st.booleans()), own_key=draw(st.booleans()),
               private=draw(st.booleans()), copy_of="bucket-0" if n and draw(st.booleans()) else None)
        for n in range(draw(st.integers(0, 3)))
    ]  # fmt: skip
    return Facts(
        name=draw(NAMES),
        cloud=draw(st.sampled_from(("simulated", "aws", "elsewhere"))),
        region=draw(NAMES),
        standing="Planned: none of it exists yet.",
        networks=tuple(networks),
        machines=tuple(draw(st.lists(_machines(networks, buckets), max_size=most))),
        buckets=tuple(buckets),
        people=tuple(
            draw(st.lists(st.builds(People, st.just(("Sso",)), st.sampled_from((True, False, None))), max_size=2))
        ),
        budgets=tuple(
            draw(
                st.lists(
                    st.builds(
                        Budget, NAMES, st.just((50, 100)), st.just(()), st.integers(0, 3), st.sampled_from((None, 100))
                    ),
                    max_size=2,
                )
            )
        ),
    )
