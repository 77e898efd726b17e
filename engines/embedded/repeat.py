"""What a program asked for in a preview that changes nothing: `up` need not run it a second time.

A program that is told the same asks for the same. In such a run all that it was told stands in the state, so an `up` of an equal program
on an equal state is told the same again, unless a data source answers otherwise now. Where anything is to be made or changed the program
has to run again: what is unknown in a preview it learns only then.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from soundstage.core.values import Properties
from soundstage.engines.base import Program
from soundstage.engines.embedded.record import Record
from soundstage.engines.embedded.rollout import Rollout
from soundstage.engines.embedded.steps import Goal


@dataclass(frozen=True)
class Run:
    """A run of `program` on a state that held `records`."""

    program: Program
    records: Mapping[int, Record]
    goals: tuple[Goal, ...]
    asked: tuple[tuple[str, Properties, Properties], ...]
    told: tuple[tuple[str, Properties], ...]

    @classmethod
    def of(cls, program: Program, records: Mapping[int, Record], rollout: Rollout) -> "Run | None":
        """The run that `rollout` was; None where another one may be told something else."""
        if not rollout.registry.changes_nothing():
            return None
        return cls(program, records, tuple(rollout.registry.goals.values()), tuple(rollout.asked), tuple(rollout.told))

    def stands_for(self, program: Program, records: Mapping[int, Record], rollout: Rollout) -> bool:
        """Whether `program` would ask for the same now. Asks the data sources again."""
        return (
            self.program == program
            and self.records == records
            and all(rollout.invoke(token, args) == answer for token, args, answer in self.asked)
        )

    def repeat(self, rollout: Rollout) -> None:
        """Ask for the same."""
        for goal in self.goals:
            rollout.register(goal)
        for urn, outputs in self.told:
            rollout.register_outputs(urn, outputs)
