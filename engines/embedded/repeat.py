"""The run of a preview, with which `up` goes on: it need not run the program a second time.

A program that is told the same asks for the same. Where a preview found nothing to make or change, all that the program was told stands
in the state, and `up` asks for the same again. Otherwise it goes on with the run itself (`going_on`): each resource is registered as soon
as those that it needs are there, with what the preview could not know worked out now. The program runs again where it is another one,
where the state or what a data source answers is not what it was, and where it is not known how an output was made.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from soundstage.core.values import Properties
from soundstage.engines.base import Program
from soundstage.engines.embedded.record import Record
from soundstage.engines.embedded.rollout import Rollout
from soundstage.engines.embedded.steps import Goal

if TYPE_CHECKING:
    from soundstage.engines.embedded.recipes import Recorder


@dataclass(frozen=True)
class Run:
    """A run of `program` on a state that held `records`."""

    program: Program
    records: Mapping[int, Record]
    goals: tuple[Goal, ...]
    asked: tuple[tuple[str, Properties, Properties], ...]
    told: tuple[tuple[str, Properties], ...]
    recorder: "Recorder | None"
    """What it goes on from; None where nothing was to be made or changed."""

    @classmethod
    def of(cls, program: Program, records: Mapping[int, Record], rollout: Rollout) -> "Run | None":
        """The run that `rollout` was; None where another one may be told what this one cannot go on with."""
        recorder = None if rollout.registry.changes_nothing() else rollout.recorder
        if recorder and not recorder.can_go_on():
            return None
        goals = tuple(rollout.registry.goals.values())
        return cls(program, records, goals, tuple(rollout.asked), tuple(rollout.told), recorder)

    def stands_for(self, program: Program, records: Mapping[int, Record], rollout: Rollout) -> bool:
        """Whether `program` would ask for the same now. Asks the data sources again."""
        return (
            self.program == program
            and self.records == records
            and (self.recorder is None or rollout.is_whole)
            and all(rollout.invoke(token, args) == answer for token, args, answer in self.asked)
        )

    def repeat(self, rollout: Rollout) -> None:
        """Ask for the same."""
        for goal in self.goals:
            rollout.register(goal)
        for urn, outputs in self.told:
            rollout.register_outputs(urn, outputs)
