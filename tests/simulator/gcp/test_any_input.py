"""Whatever is asked of the simulated Google Cloud: an answer or a refusal, never an error of its own."""

import json
import random
import re
from typing import Any

import pytest

from soundstage.providers.gcp import discovery
from soundstage.providers.gcp.discovery import Document, Method, Value
from soundstage.simulator.front import Turned
from soundstage.simulator.gcp.caller import token_for
from soundstage.simulator.gcp.front import GcpFront
from soundstage.simulator.journal import Entry
from soundstage.simulator.orders import Operator
from soundstage.simulator.process import GOOGLE_PROJECT as P

R, Z = "europe-west4", "europe-west4-a"
NAMES = {
    "project": P, "projectId": P, "projectsId": P, "zone": Z, "region": R, "locationsId": R, "bucket": "media", "object": "a/b",
    "sourceBucket": "media", "destinationBucket": "media", "sourceObject": "a/b", "destinationObject": "c", "managedZone": "one",
    "servicesId": "compute.googleapis.com", "billingAccountsId": "012345-6789AB-CDEF01", "policiesId": "compute.requireOsLogin",
    "resource": f"projects/{P}/iap_tunnel/zones/{Z}/instances/one",
}  # fmt: skip
TEXTS = (
    "",
    "one",
    "two",
    "Bad_Name",
    "10.0.0.0/24",
    "86400s",
    "x" * 300,
    f"projects/{P}/global/networks/one",
    "é",
    "5",
    "-1",
)
ROUNDS = 15


class Asker:
    """The front itself, without a server."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)
        self.front = GcpFront(1, Operator("key", "secret", "token"))
        self.number = 0

    def ask(self, verb: str, target: str, body: Any = None) -> int:
        """The status of an answer."""
        self.number += 1
        content = json.dumps(body).encode() if body is not None else b""
        headers = (("Authorization", f"Bearer {token_for('secret')}"),)
        entry = Entry(self.number, self.number, 1_800_000_000.0 + self.number, verb, target, headers, content)
        try:
            call = self.front.read(self.front.meet(entry), content)
        except Turned as turned:
            return turned.answer.status
        answer = self.front.execute(call, entry)
        assert answer.status != 500, (verb, target, body, answer.body)
        return answer.status

    def value(self, document: Document, value: Value, depth: int = 0) -> Any:
        """Something that may stand in the place of a value, and mostly fits it."""
        value = document.resolved(value)
        if self.random.random() < 0.03:
            return self.random.choice([None, 5, "x", [], {}, True])
        if value.type == "object" or value.properties or value.values:
            if depth > 4:
                return {}
            if value.properties is None:
                return {"one": self.value(document, value.values or Value(type="string"), depth + 1)}
            names = [name for name in value.properties if self.random.random() < (0.5 if depth < 2 else 0.25)]
            return {name: self.value(document, value.properties[name], depth + 1) for name in names}
        if value.type == "array":
            assert value.items is not None
            return [self.value(document, value.items, depth + 1) for _ in range(self.random.randrange(3))]
        if value.type == "boolean":
            return self.random.random() < 0.5
        if value.type in ("integer", "number"):
            return self.random.choice([0, 1, 100, -1])
        if value.enum:
            return self.random.choice(value.enum)
        if value.format in ("int64", "uint64"):
            return self.random.choice(["0", "100", "700000"])
        return self.random.choice(TEXTS)

    def target(self, method: Method) -> str:
        """A path and query that may be meant."""
        template = method.path if method.api == "iap.v1" else method.flat_path
        path = re.sub(
            r"\{\+?(\w+)\}",
            lambda found: NAMES.get(found[1], self.random.choice(["one", "two"])).replace(
                "/", "%2F" if found[1].endswith("bject") else "/"
            ),
            template,
        )
        query = [
            f"{name}={self.random.choice(value.enum or ('one', 'two', '1', '5', P, 'true', 'name,labels'))}"
            for name, value in method.parameters.items()
            if value.location == "query" and (value.required or self.random.random() < 0.3)
        ]  # fmt: skip
        return path + ("?" + "&".join(query) if query else "")


@pytest.mark.parametrize("api", discovery.apis())
def test_no_input_is_an_error_of_the_simulated_cloud(api: str) -> None:
    asker = Asker(api)
    document = discovery.document(api)
    asker.ask("POST", f"/compute/v1/projects/{P}/global/networks", {"name": "one", "autoCreateSubnetworks": True})
    asker.ask("POST", f"/storage/v1/b?project={P}", {"name": "media"})
    order = {"create": 0, "insert": 0, "delete": 2}
    for _ in range(ROUNDS):
        for method in sorted(document.methods.values(), key=lambda each: (order.get(each.name, 1), each.id)):
            body = asker.value(document, Value(type="", ref=method.request)) if method.request else None
            if (
                isinstance(body, dict)
                and asker.random.random() < 0.6
                and "name" in (document.schema(method.request).properties or {})
            ):
                body["name"] = asker.random.choice(["one", "two"])
            asker.ask(method.verb, asker.target(method), body)
