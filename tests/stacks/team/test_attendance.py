"""Who was on machines and when they were on, by a genuine client's words."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from tests.stacks.team.rows import machine

from soundstage.simulator.process import Endpoint
from soundstage.stacks.clouds.aws.attendance import hours_on, last_sessions
from soundstage.stacks.clouds.base import LastSession

DAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)


def test_as_many_minutes_as_numbers_of_the_processor_are_hours_on(cloud: Endpoint) -> None:
    client = cloud.client("cloudwatch", "eu-west-1")
    for minute in (*range(60), *range(120, 150)):
        datum = {
            "MetricName": "CPUUtilization", "Dimensions": [{"Name": "InstanceId", "Value": "i-edit-1"}],
            "Timestamp": DAY + timedelta(minutes=minute), "Value": 5.0, "Unit": "Percent",
        }  # fmt: skip
        client.put_metric_data(Namespace="Tried", MetricData=[datum])
    asked: list[Any] = []

    class Own:
        """The metrics of machines are the service's own: a client cannot put any into their namespace."""

        meta = client.meta

        def get_metric_data(self, **arguments: Any) -> Any:
            asked.append(arguments)
            for query in arguments["MetricDataQueries"]:
                query["MetricStat"]["Metric"]["Namespace"] = "Tried"
            return client.get_metric_data(**arguments)

    clients: Any = SimpleNamespace(client=lambda _service: Own())
    found = hours_on(clients, [machine(), machine("mix-1")], DAY, DAY + timedelta(days=1))
    assert found == {"i-edit-1": {DAY: 1.0, DAY + timedelta(hours=2): 0.5}}
    assert len(asked) == 1


def test_the_last_session_is_the_open_one_or_else_the_newest() -> None:
    day = datetime(2026, 11, 26, tzinfo=UTC)

    def session(target: str, who: str, hour: int) -> dict[str, Any]:
        return {
            "Target": target, "Owner": f"arn:aws:sts::1:assumed-role/artist/{who}", "StartDate": day + timedelta(hours=hour),
        }  # fmt: skip

    told = {
        "History": [session("i-1", "ana", 9), session("i-1", "ben", 11), session("i-2", "ana", 12), {"Target": "i-3"}],
        "Active": [session("i-2", "cleo", 8)],
    }
    client = SimpleNamespace(
        meta=SimpleNamespace(service_model=SimpleNamespace(signing_name="ssm")),
        describe_sessions=lambda State, MaxResults: {"Sessions": told[State]},
    )
    clients: Any = SimpleNamespace(client=lambda _service: client)
    assert last_sessions(clients) == {
        "i-1": LastSession("ben", day + timedelta(hours=11), is_open=False),
        "i-2": LastSession("cleo", day + timedelta(hours=8), is_open=True),
    }


def test_an_open_session_on_a_later_page_is_seen() -> None:
    day = datetime(2026, 11, 26, tzinfo=UTC)

    def describe_sessions(State: str, MaxResults: int, NextToken: str = "") -> dict[str, Any]:
        if State == "History" or NextToken:
            who = {"Target": "i-1", "Owner": "arn:aws:iam::1:user/cleo", "StartDate": day}
            return {"Sessions": [who] if NextToken else []}
        return {"Sessions": [], "NextToken": str(MaxResults)}

    model = SimpleNamespace(service_model=SimpleNamespace(signing_name="ssm"))
    clients: Any = SimpleNamespace(client=lambda _: SimpleNamespace(meta=model, describe_sessions=describe_sessions))
    assert last_sessions(clients) == {"i-1": LastSession("cleo", day, is_open=True)}
