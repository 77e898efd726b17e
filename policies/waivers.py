"""Waivers: violations that somebody answers for until a day, and the hygiene of the list itself (GOV-04)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from pydantic import Field, field_validator

from soundstage.core.errors import UsageError
from soundstage.policies.catalogue import catalogue, find
from soundstage.policies.policy import AREAS, Profile
from soundstage.policies.report import Finding, Status
from soundstage.policies.settings import Strict

if TYPE_CHECKING:
    from soundstage.policies.policy import Policy

HYGIENE = "GOV-04"


class Waiver(Strict):
    """One entry of the waiver file. Every field is required."""

    policy: str = Field(description="The policy's id.")
    resource: str = Field(
        min_length=1, description="Pattern of the resource's URN or name; `*` and `?` match, `stack` means the stack."
    )
    reason: str = Field(min_length=10, description="Why this is acceptable, in words that a client may read.")
    owner: str = Field(min_length=2, description="Who answers for it: a name or an address.")
    expires: date = Field(description="The last day on which it holds.")

    @field_validator("policy")
    @classmethod
    def _exists(cls, value: str) -> str:
        if value.partition("-")[0].upper() not in AREAS and "-" in value:
            return value.upper()  # one of the studio's own, which the policy file knows
        try:
            return find(value).id
        except UsageError as error:
            raise ValueError(error.message) from error

    def covers(self, finding: Finding) -> bool:
        if finding.policy.id != self.policy:
            return False
        if not finding.urn:
            return self.resource in ("stack", "*")
        return any(fnmatchcase(text, self.resource) for text in (finding.urn, finding.name))


def apply_waivers(
    findings: Sequence[Finding], waivers: Sequence[Waiver], ran: set[str], profile: Profile, day: date
) -> list[Finding]:
    """Mark what is waived; add a finding of GOV-04 for each expired waiver and each that covers nothing.

    A waiver of a policy that did not run is left alone: nothing can be said about it.
    """
    result: list[Finding] = []
    used: set[int] = set()
    for finding in findings:
        covering = [index for index, waiver in enumerate(waivers) if waiver.covers(finding)]
        used.update(covering)
        valid = next((waivers[index] for index in covering if waivers[index].expires >= day), None)
        if valid is None:
            result.append(finding)
        else:
            reason = f"{valid.reason} ({valid.owner}, until {valid.expires})"
            result.append(replace(finding, status=Status.WAIVED, reason=reason))
    hygiene = catalogue()[HYGIENE]
    if HYGIENE in ran:
        for index, waiver in enumerate(waivers):
            about = f"The waiver of {waiver.policy} for {waiver.resource!r} by {waiver.owner}"
            if waiver.expires < day:
                result.append(_about(hygiene, profile, f"{about} expired on {waiver.expires}"))
            elif index not in used and waiver.policy in ran:
                result.append(_about(hygiene, profile, f"{about} covers nothing any more"))
    return result


def _about(policy: "Policy", profile: Profile, message: str) -> Finding:
    return Finding(policy, policy.levels[profile], "", "", "", message)
