"""Check a studio against the policies.

What `studio up` would do is judged, or with --state what is recorded.
As `workstation check` does for a project. The policy file is `studio.policy.yaml` or `policy.yaml` beside the studio file.
Exit code 3 when a mandatory policy is violated.
"""

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import Cloud, CloudName, EngineName, StudioFile
from soundstage.cli.commands.check import Format, PolicyFile, Profile, State, Strict


def command(
    studio: StudioFile = None,
    cloud: Cloud = CloudName.SIMULATED,
    profile: Profile = "",
    format: Format = "terminal",
    state: State = False,
    strict: Strict = False,
    config: PolicyFile = None,
    engine: EngineName = None,
) -> Answer:
    from soundstage.cli.checks import CheckRequest, check
    from soundstage.policies.selection import Selection

    request = CheckRequest(studio, None, state, engine, profile, config, None, Selection(), studio_on=cloud)
    return check(request).answer(format, strict=strict)
