"""Which policies to run: by id, area, framework or severity."""

from dataclasses import dataclass

from soundstage.core.errors import UsageError
from soundstage.policies.catalogue import catalogue, find
from soundstage.policies.frameworks import frameworks
from soundstage.policies.policy import AREAS, OWN, Policy, Severity


@dataclass(frozen=True)
class Selection:
    """Facets that narrow the catalogue. Empty facets narrow nothing; within one facet any value suffices."""

    ids: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    frameworks: tuple[str, ...] = ()
    severity: str = ""
    """The least severity to run."""
    own: tuple[Policy, ...] = ()
    """A studio's own policies, which run beside the catalogue's."""

    def policies(self) -> list[Policy]:
        """The selected policies. `UsageError` for a facet's value that does not exist, or when nothing is left."""
        unwanted = {self._find(id) for id in self.without}
        found = [policy for policy in self._narrowed() if policy.id not in unwanted]
        if not found:
            raise UsageError("No policy matches this selection.", "List them with `workstation check --list`.")
        return found

    def left_out(self) -> list[Policy]:
        """The policies that would run but for `without`."""
        unwanted = {self._find(id) for id in self.without}
        return [policy for policy in self._narrowed() if policy.id in unwanted]

    def _narrowed(self) -> list[Policy]:
        wanted = {self._find(id) for id in self.ids}
        self._check("area", self.areas, (*AREAS.values(), OWN))
        if self.frameworks:  # reading them all takes as long as judging a small project
            self._check("framework", self.frameworks, tuple(frameworks()))
        self._check("severity", (self.severity,) if self.severity else (), tuple(Severity))
        least = Severity(self.severity).rank if self.severity else len(Severity)
        return [
            policy
            for policy in (*catalogue().values(), *self.own)
            if (not wanted or policy.id in wanted)
            and (not self.areas or policy.area in self.areas)
            and (not self.frameworks or {ref.partition(":")[0] for ref in policy.references} & set(self.frameworks))
            and policy.severity.rank <= least
        ]

    def _find(self, id: str) -> str:
        return next((policy.id for policy in self.own if policy.id == id.upper()), "") or find(id).id

    @staticmethod
    def _check(facet: str, values: tuple[str, ...], allowed: tuple[str, ...]) -> None:
        for value in values:
            if value not in allowed:
                raise UsageError(f"There is no {facet} {value!r}; allowed: {', '.join(allowed)}.")
