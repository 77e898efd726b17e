"""Which method of Google's APIs a request is, by the path templates of the discovery documents."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final
from urllib.parse import unquote

from soundstage.providers.gcp import discovery
from soundstage.providers.gcp.discovery import Method
from soundstage.simulator.gcp.tunnels.methods import METHODS

GOOGLE: Final = re.compile(
    r"/(?:compute/v1|storage/v1|dns/v1|(?:resumable/)?upload/storage/v1|download/storage/v1|"
    r"v\d/(?:token|projects|billingAccounts|operations|entries|roles|permissions|b|users|connect|reconnect)(?=[/:?]|$))"
)
"""How the paths of Google's APIs begin."""
_PLACE: Final = re.compile(r"\\\{(\\\+)?(\w+)\\\}")
_LAST: Final = ("iap.v1",)
"""APIs whose templates fit paths of others."""


@cache
def _routes() -> Mapping[tuple[str, str], list[tuple[re.Pattern[str], Method]]]:
    """Verb and first part of the path → what may be meant, the likeliest first."""
    found: dict[tuple[str, str], list[tuple[re.Pattern[str], Method]]] = defaultdict(list)
    for api in sorted(discovery.apis(), key=lambda name: (name in _LAST, name)):
        for method in discovery.document(api).methods.values():
            for template in _templates(method):
                found[method.verb, template.split("/")[1]].append((_pattern(template), method))
    return found


def _templates(method: Method) -> Iterator[str]:
    yield method.path if method.api in _LAST else method.flat_path
    if method.downloads:
        yield "/download" + method.flat_path


def _pattern(template: str) -> re.Pattern[str]:
    text = _PLACE.sub(lambda found: f"(?P<{found[2]}>{'.+' if found[1] else '[^/:]+'})", re.escape(template))
    return re.compile(text + "$")


def matched(verb: str, path: str) -> tuple[Method, dict[str, str]] | None:
    """The method, and what stands in the places of its template, unquoted. `path` is as it came, without the query."""
    if path.startswith(("/upload/", "/resumable/")):
        bucket = re.search(r"/storage/v1/b/([^/]+)/o$", path)
        return (discovery.method("storage.objects.insert"), {"bucket": unquote(bucket[1])}) if bucket else None
    if path in METHODS and verb == "GET":
        return METHODS[path], {}
    first = path.split("/")[1] if "/" in path else ""
    for pattern, method in _routes().get((verb, first), ()):
        found = pattern.match(path)
        if found:
            return method, {name: unquote(text) for name, text in found.groupdict().items()}
    return None
