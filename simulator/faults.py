"""Faults on request: the server side of `simulator.faultrules`."""

import dataclasses
import threading
import time
from collections.abc import Iterable
from fnmatch import fnmatchcase

from soundstage.simulator.answer import DROPPED, Answer
from soundstage.simulator.faultrules import FaultRule


class Faults:
    """The rules that are set and how often each still acts. Safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[FaultRule] = []

    def replace(self, rules: Iterable[FaultRule]) -> None:
        with self._lock:
            self._rules = list(rules)

    def add(self, rules: Iterable[FaultRule]) -> None:
        with self._lock:
            self._rules += rules

    def rules(self) -> list[FaultRule]:
        with self._lock:
            return list(self._rules)

    def due(self, action: str) -> FaultRule | None:
        """The fault that a call of this action gets. Counts it; a rule that is used up is dropped."""
        action = action.lower()
        with self._lock:
            for place, rule in enumerate(self._rules):
                if not fnmatchcase(action, rule.operation.lower()):
                    continue
                if rule.after:
                    self._rules[place] = dataclasses.replace(rule, after=rule.after - 1)
                    continue
                if rule.times == 1:
                    del self._rules[place]
                elif rule.times:
                    self._rules[place] = dataclasses.replace(rule, times=rule.times - 1)
                return rule
        return None


def before(rule: FaultRule) -> Answer | None:
    """What is answered instead of a call, where that is no refusal; None to go on with it."""
    if rule.kind in ("latency", "timeout"):
        time.sleep(rule.seconds)
    return DROPPED if rule.kind in ("timeout", "connection-lost") else None


def is_refusal(rule: FaultRule) -> bool:
    """Whether the cloud refuses the call, in its own words."""
    return rule.kind not in ("latency", "timeout", "connection-lost", "lost-answer")


def after(rule: FaultRule, answer: Answer) -> Answer:
    """What a caller gets of an executed call's answer."""
    return DROPPED if rule.kind == "lost-answer" else answer
