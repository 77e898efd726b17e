"""Functions: their source must be in a bucket, and what calls them must be there. None of them runs."""

from collections.abc import Mapping
from typing import Final

from soundstage.simulator.gcp.generic import change
from soundstage.simulator.gcp.refusals import invalid, unfit
from soundstage.simulator.gcp.rules import number_of
from soundstage.simulator.gcp.work import Handler, Work
from soundstage.simulator.gcp.world import Thing


def function(work: Work) -> Thing:
    """A function that was made."""
    body = work.body
    source = body.get("buildConfig", {}).get("source", {}).get("storageSource", {})
    if not body.get("buildConfig", {}).get("runtime"):
        invalid("Required field 'resource.buildConfig.runtime' not specified", "required")
    path = f"/storage/v1/b/{source.get('bucket', '')}/o/{source.get('object', '')}"
    if path not in work.world.things:
        unfit(f"Source archive gs://{source.get('bucket', '')}/{source.get('object', '')} was not found.")
    topic = body.get("eventTrigger", {}).get("pubsubTopic")
    if topic:
        work.must(f"/v1/{topic}")
    place, name = body["name"].split("/")[3], body["name"].rpartition("/")[2]
    body |= {"state": "ACTIVE", "environment": "GEN_2", "updateTime": work.stamp}
    config = body.setdefault("serviceConfig", {})
    config["service"] = body["name"].replace("/functions/", "/services/")
    config["uri"] = f"https://{name}-{number_of(work.world, work.call.project)}.{place}.run.app"
    body["url"] = f"https://{place}-{work.call.project}.cloudfunctions.net/{name}"
    return body


def patch(work: Work) -> Thing:
    """Change a function. Its service and address, which only Google says, stay."""
    held = work.must(work.call.path).get("serviceConfig", {})
    kept = {key: held[key] for key in ("service", "uri") if key in held}
    work.body["serviceConfig"] = {**(work.body.get("serviceConfig") or {}), **kept}
    return change(work)


HANDLERS: Final[Mapping[str, Handler]] = {"cloudfunctions.projects.locations.functions.patch": patch}
MADE: Final[Mapping[str, Handler]] = {"cloudfunctions.projects.locations.functions": function}
