"""Stops the machines of one project when its budget is spent. Runs on Cloud Run functions, which call `stop` for each message of the
budget: one every few hours, whatever was spent. Only the standard library.

Whether something was stopped is told in the log alone. A machine that cannot be stopped does not keep the others running, and makes
the call fail at the end, so that Pub/Sub brings the message again.
"""

import base64
import json
import os
import urllib.request
from typing import Any

METADATA = "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token"
COMPUTE = "https://compute.googleapis.com/compute/v1"


def stop(event: Any) -> None:
    """Read one message of the budget, and stop what runs when all of it is spent."""
    told = json.loads(base64.b64decode(event.data["message"]["data"]))
    if not spent(told):
        return
    failed = []
    for machine in running():
        try:
            asked(f"{machine}/stop?discardLocalSsd=true", method="POST")
            print(f"stopped {machine}: {told['costAmount']} of {told['budgetAmount']} are spent")
        except OSError as problem:
            failed.append(f"{machine}: {problem}")
    if failed:
        raise RuntimeError(f"could not stop {'; '.join(failed)}")


def spent(told: "dict[str, Any]") -> bool:
    """Whether all of the budget is spent. What is only forecast stops nobody."""
    return float(told["costAmount"]) >= float(told["budgetAmount"]) > 0


def running() -> "list[str]":
    """Addresses of the project's machines that run, in every zone. Another studio may have a project of this name here."""
    found, page = [], ""
    studio = f"labels.{os.environ['STUDIO_KEY']}%3D{os.environ['STUDIO_LABEL']}"
    project = f"labels.{os.environ['LABEL']}%3D{os.environ['PROJECT_LABEL']}"
    query = f"filter={studio}%20AND%20{project}%20AND%20status%3DRUNNING&returnPartialSuccess=true"
    while True:
        answer = asked(f"{COMPUTE}/projects/{os.environ['PROJECT_ID']}/aggregated/instances?{query}{page}")
        for place in answer.get("items", {}).values():
            found += [machine["selfLink"] for machine in place.get("instances", [])]
        if not answer.get("nextPageToken"):
            return found
        page = f"&pageToken={answer['nextPageToken']}"


def asked(url: str, method: str = "GET") -> Any:
    """The answer of the Compute Engine API, as this function's own account."""
    token = json.loads(fetched(urllib.request.Request(METADATA, headers={"Metadata-Flavor": "Google"})))
    headers = {"Authorization": f"Bearer {token['access_token']}", "Content-Length": "0"}
    return json.loads(fetched(urllib.request.Request(url, headers=headers, method=method)))


def fetched(request: urllib.request.Request) -> bytes:
    """What an address answers. Fails when nobody does."""
    with urllib.request.urlopen(request, timeout=30) as page:
        body: bytes = page.read()
    return body
