"""What a trail records: management events, and reads and writes of objects in buckets.

Source: CloudTrail User Guide, "Logging management events", "Logging data events", basic and advanced event selectors (read 2026-11).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from soundstage.policies.views.node import Node, Truth, all_of, any_of
from soundstage.policies.views.probes import texts

_OBJECTS: Final = "AWS::S3::Object"


def records_management(trail: Node) -> Truth:
    """Whether reads and writes of the account's own settings are recorded. A trail without selectors records them."""
    return _both(trail, _manages)


def records_media(trail: Node) -> Truth:
    """Whether reads and writes of objects are recorded."""
    return _both(trail, _watches_objects)


def _both(trail: Node, about: Callable[[Mapping[str, Any]], bool]) -> Truth:
    selectors = [*trail.get("eventSelectors").each(), *trail.get("advancedEventSelectors").each()]
    if not selectors:
        return about({})
    return all_of(*(any_of(*(_taken(item, about, kind) for item in selectors)) for kind in _KINDS))


def _taken(selector: Node, about: Callable[[Mapping[str, Any]], bool], kind: str) -> Truth:
    return selector.is_(lambda value: about(value) and _of_kind(value, kind))


_KINDS: Final = ("ReadOnly", "WriteOnly")


def _fields(selector: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The fields of an advanced selector that it tests, each with its tests."""
    return {str(item.get("field")): item for item in selector.get("fieldSelectors") or ()}


_BUSY: Final = frozenset({"kms.amazonaws.com", "rdsdata.amazonaws.com"})
"""Services whose many calls may be left out (CloudTrail User Guide, "Logging management events", read 2026-11)."""


def _whole(selector: Mapping[str, Any], *about: str) -> bool:
    """Whether an advanced selector takes every event of its kind: no field beside those that say the kind picks some of them."""
    rest = [test for test in selector.get("fieldSelectors") or () if str(test.get("field")) not in about]
    return all(
        value in (None, []) or (how == "notEquals" and _BUSY.issuperset(texts(value)))
        for test in rest
        for how, value in test.items()
        if how != "field"
    )


def _manages(selector: Mapping[str, Any]) -> bool:
    if "fieldSelectors" in selector:
        told = "Management" in texts(_fields(selector).get("eventCategory", {}).get("equals"))
        return told and _whole(selector, "eventCategory", "readOnly")
    return str(selector.get("includeManagementEvents")).lower() != "false"


def _watches_objects(selector: Mapping[str, Any]) -> bool:
    if "fieldSelectors" in selector:
        told = _OBJECTS in texts(_fields(selector).get("resources.type", {}).get("equals"))
        return told and _whole(selector, "eventCategory", "resources.type", "resources.ARN", "readOnly")
    return any(item.get("type") == _OBJECTS and item.get("values") for item in selector.get("dataResources") or ())


def _of_kind(selector: Mapping[str, Any], kind: str) -> bool:
    """Whether a selector takes reads, or writes."""
    if "fieldSelectors" in selector:
        asked = [text.lower() for text in texts(_fields(selector).get("readOnly", {}).get("equals"))]
        return not asked or ("true" if kind == "ReadOnly" else "false") in asked
    return selector.get("readWriteType") in (None, "All", kind)
