"""What AWS tells about the credentials and the account before anything is changed.

Sources: IAM API Reference, `SimulatePrincipalPolicy`; STS API Reference, `GetCallerIdentity`; IAM User Guide, "IAM identifiers", for
the prefixes of access keys (read 2026-11).
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any, Final

from soundstage.components.tags import PROJECT
from soundstage.stacks.clouds.aws.calls import Clients, call, read
from soundstage.stacks.clouds.facts import Caller, Kind, Looks, Question, Refused

_MOST_ACTIONS: Final = 100
"""Actions of one simulation."""
_AT_ONCE: Final = 8
_BILLING: Final = "us-east-1"
"""The one region of Cost Explorer."""


class AwsFacts:
    """See `Facts`. `credentials` gives the access key and the end of the credentials, as far as they are known; it is None on the
    simulated cloud, whose clock is this machine's and whose credentials do not end."""

    looks: Looks = MappingProxyType({})

    def __init__(self, clients: Clients, credentials: Callable[[], tuple[str, datetime | None]] | None) -> None:
        self._clients = clients
        self._credentials = credentials

    def caller(self) -> Caller:
        if self._credentials is None:
            answer = read(self._clients, "sts", "GetCallerIdentity", "who is asking")
            return Caller(str(answer["Arn"]), clock_ahead=0.0)
        answer = call(self._clients.client("sts"), "GetCallerIdentity", "who is asking")
        key, expires = self._credentials()
        arn = str(answer["Arn"])
        kind = Kind.ROOT if arn.endswith(":root") else Kind.LONG_LIVED if key.startswith("AKIA") else Kind.SESSION
        headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        return Caller(arn, kind, expires, _ahead(str(headers.get("date", ""))))

    def refused(self, caller: Caller, questions: Sequence[Question]) -> list[Refused]:
        if caller.kind is Kind.ROOT:
            return []  # no policy of the account limits it, and IAM simulates none for it
        source = self._source(caller.name)
        everywhere = tuple(dict.fromkeys(action for one in questions for action in one.actions))
        first = self._simulated(source, [Question(everywhere)])
        final = [one for one in first if one.explicit and not one.unsure]
        left = {one.action for one in first}.difference(one.action for one in final)
        narrow = [Question(mine, one.resources, one.context) for one in questions if (mine := _among(one, left))]
        again = self._simulated(source, narrow)
        asked = Counter(action for one in narrow for action in one.actions)
        times = Counter(one.action for one in again)
        never = {one.action: one for one in again if times[one.action] == asked[one.action]}
        return sorted([*final, *never.values()], key=lambda one: one.action)

    def licence_bucket(self, region: str) -> str:
        from soundstage.components.aws.endpoints import licence_bucket

        return licence_bucket(region)

    def cost_tag(self) -> str:
        client = self._clients.client("ce", _BILLING)
        found = call(client, "ListCostAllocationTags", "cost tags", TagKeys=[PROJECT], Type="UserDefined")
        return next((str(tag["Status"]) for tag in found["CostAllocationTags"]), "")

    def _source(self, arn: str) -> str:
        """The user or role whose policies apply. The name of a session leaves out the path of its role."""
        if ":assumed-role/" not in arn:
            return arn
        role = arn.split("/")[1]
        return str(call(self._clients.client("iam"), "GetRole", role, RoleName=role)["Role"]["Arn"])

    def _simulated(self, source: str, questions: Sequence[Question]) -> list[Refused]:
        parts = [
            Question(one.actions[first : first + _MOST_ACTIONS], one.resources, one.context)
            for one in questions
            for first in range(0, len(one.actions), _MOST_ACTIONS)
        ]
        if not parts:
            return []
        client = self._clients.client("iam")
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="simulate") as pool:
            return [one for found in pool.map(lambda part: list(_one(client, source, part)), parts) for one in found]


def _one(client: Any, source: str, question: Question) -> Iterator[Refused]:
    arguments: dict[str, Any] = {
        "PolicySourceArn": source, "ActionNames": list(question.actions), "ResourceArns": list(question.resources),
        "ContextEntries": [
            {
                "ContextKeyName": key, "ContextKeyValues": list(values),
                "ContextKeyType": "stringList" if len(values) > 1 else "string",
            }
            for key, values in question.context.items()
        ],
    }  # fmt: skip
    denied: dict[str, Refused] = {}
    allowed: set[str] = set()
    while True:
        answer = call(client, "SimulatePrincipalPolicy", "permissions", **arguments)
        for one in answer["EvaluationResults"]:
            if one["EvalDecision"] == "allowed":
                allowed.add(one["EvalActionName"])
            else:
                explicit = one["EvalDecision"] == "explicitDeny"
                denied[one["EvalActionName"]] = Refused(one["EvalActionName"], explicit, _missing(one))
        if not answer.get("IsTruncated"):
            break
        arguments["Marker"] = answer["Marker"]
    yield from (one for action, one in denied.items() if action not in allowed)


def _missing(told: Mapping[str, Any]) -> tuple[str, ...]:
    """Keys of conditions that nobody gave: told of the action where it was asked about `*`, and else of each resource."""
    places = [told, *told.get("ResourceSpecificResults", ())]
    return tuple(dict.fromkeys(key for place in places for key in place.get("MissingContextValues", ())))


def _among(question: Question, actions: Collection[str]) -> tuple[str, ...]:
    return tuple(action for action in question.actions if action in actions)


def _ahead(date: str) -> float | None:
    """Seconds that this machine's clock is ahead of an HTTP header `Date`, which counts whole seconds."""
    try:
        return (datetime.now(UTC) - parsedate_to_datetime(date)).total_seconds()
    except (TypeError, ValueError):
        return None
