"""What a remote session allows: copying out, idling, marking and signing in. Read from boot scripts and tags."""

import re
from collections.abc import Iterator

from soundstage.core.values import UNKNOWN
from soundstage.policies.policy import ADVISORY, HIGH, MANDATORY, MEDIUM, Verdict, breach, policy
from soundstage.policies.settings import Settings
from soundstage.policies.views.machines import Machine, desktops, machines
from soundstage.policies.views.node import Node, Resource, Truth, all_of, any_of, no
from soundstage.policies.views.secrets import needed
from soundstage.policies.views.stack import Stack

WAYS_OUT = ("clipboard-copy", "file-download", "printer", "usb")
"""Features of a DCV session by which content leaves it (Amazon DCV Administrator Guide, “Working with permissions
files”, read 2026-11)."""
_DENIED = re.compile(r"^\s*%any%\s+deny\s+(?P<features>[^\n]+)$", re.MULTILINE)
_IDLE = re.compile(r"idle-timeout\s*=\s*[\"']?(?P<minutes>\d+)")
_IDLE_WINDOWS = re.compile(r"idle-timeout[\"']?[^\n]*?(?:-Value|/d)\s+[\"']?(?P<minutes>\d+)", re.IGNORECASE)
_WEAK = (
    (
        (re.compile(r"authent[^\s\"'=]*[\"']?\s*(?:=|-v\S+|/d)\s*[\"']?none"),),
        re.compile(r"authentication[\"']?\s*(=|-Value|/d)\s*[\"']?none", re.IGNORECASE),
        "switches the display's sign-in off",
    ),
    (("--auth",), re.compile(r"--auth(entication)?[= ]none\b", re.IGNORECASE), "starts a session without sign-in"),
    (("no-tls",), re.compile(r"no-tls-strict[\"']?\s*[= ]\s*[\"']?true", re.IGNORECASE), "accepts broken TLS"),
    (("-secur",), re.compile(r"-SecurityTypes[= ]None\b", re.IGNORECASE), "starts VNC without sign-in"),
    (
        ("fdisableencryption", "securitylayer"),
        re.compile(r"fDisableEncryption[\"']?[^\n]*\b1\b|SecurityLayer[\"']?[^\n]*\b0\b"),
        "weakens Remote Desktop",
    ),
)
"""First the words of which a text in lower case holds one where the pattern finds something: they are found in a tenth of the time."""


def _content_desktops(stack: Stack) -> list[Machine]:
    return [machine for machine in stack.view(desktops) if stack.in_content(machine.resource) is not False]


def _declared(machine: Machine, settings: Settings) -> Node:
    """The tag by which an image says that it enforces a session policy."""
    return machine.tags.child(settings.session_digest_tag)


def _unread(machine: Machine) -> Truth:
    """`UNKNOWN` when a boot script cannot be read yet."""
    return UNKNOWN if any(not node.known for node in machine.boot) else False


@policy(
    "WS-15",
    "Content sessions let nothing be copied out",
    severity=HIGH,
    level=ADVISORY,
    content=MANDATORY,
    why="A display session is safe only while pictures go out and files do not: no clipboard, download, USB or printer.",
    fix="Deny clipboard-copy, file-download, printer and usb to %any% in the DCV permissions file. With another display, as on "
    "Google Cloud, tag the machine with the digest of the session policy that its image enforces.",
    references="mpa-5.1:T7 mpa-5.1:T21",
    over=_content_desktops,
)
def locked_session(machine: Machine, stack: Stack) -> Iterator[Verdict]:
    settings = stack.settings
    denied = {
        word for _, text in machine.text() for found in _DENIED.finditer(text) for word in found["features"].split()
    }
    open_ways = [way for way in WAYS_OUT if way not in denied]
    locked = any_of(not open_ways, _unread(machine), no(_declared(machine, settings).absent))
    yield from breach(
        all_of(stack.in_content(machine.resource), machine.desktop(stack), no(locked)),
        machine.resource,
        f"its session does not deny {', '.join(open_ways)}",
        *machine.boot,
        *machine.desktop_evidence(stack),
        stack.zone(machine.resource),
    )


@policy(
    "WS-16",
    "Idle sessions disconnect",
    severity=MEDIUM,
    level=ADVISORY,
    content=MANDATORY,
    why="A session left open in a café or at home shows unreleased pictures to other people.",
    fix="Set DCV's `idle-timeout` to fifteen minutes or less. With another display, as on Google Cloud, declare the session "
    "policy by tag.",
    references="mpa-5.1:T7 mpa-5.1:T21",
    over=_content_desktops,
)
def idle_disconnect(machine: Machine, stack: Stack) -> Iterator[Verdict]:
    settings = stack.settings
    minutes = [
        int(found["minutes"])
        for _, text in machine.text()
        for pattern in ((_IDLE, _IDLE_WINDOWS) if "timeout" in text.casefold() else ())
        for found in pattern.finditer(text)
    ]
    good = bool(minutes) and all(0 < value <= settings.idle_disconnect_minutes for value in minutes)
    held = any_of(good, _unread(machine), no(_declared(machine, settings).absent) if not minutes else False)
    yield from breach(
        all_of(stack.in_content(machine.resource), machine.desktop(stack), no(held)),
        machine.resource,
        f"an idle session stays open for {max(minutes)} minutes" if minutes else "an idle session stays open",
        *machine.boot,
        *machine.desktop_evidence(stack),
        stack.zone(machine.resource),
    )


@policy(
    "WS-17",
    "Content sessions are watermarked",
    severity=MEDIUM,
    level=ADVISORY,
    why="A picture filmed off a screen can be traced to a person only if the session shows their name.",
    fix="Ask for a watermark and tag the machine `soundstage:watermark` with where it is made (image, player, broker).",
    references="mpa-5.1:OP6",
    over=_content_desktops,
)
def watermark(machine: Machine, stack: Stack) -> Iterator[Verdict]:
    tag = machine.tags.child("soundstage:watermark")
    asked = any_of(
        tag.is_(lambda value: bool(value) and str(value).lower() not in ("none", "no", "off", "false", "0", "-")),
        any("watermark" in text.lower() for _, text in machine.text()),
        _unread(machine),
    )
    yield from breach(
        all_of(stack.in_content(machine.resource), machine.desktop(stack), no(asked)),
        machine.resource,
        "its session carries no watermark",
        tag,
        *machine.boot,
        *machine.desktop_evidence(stack),
        stack.zone(machine.resource),
    )


@policy(
    "WS-18",
    "Remote display keeps its sign-in and its encryption",
    severity=HIGH,
    level=MANDATORY,
    why="One line in a boot script can switch off the sign-in; then whoever reaches the display can use it.",
    fix='Leave DCV at `authentication="system"` with TLS; never start VNC with `-SecurityTypes None`.',
    references="mpa-5.1:T21 mpa-5.1:T29",
    over=lambda stack: [*stack.view(machines), *stack.of("aws:imagebuilder/component:Component")],
)
def weakened_display(subject: Machine | Resource, _stack: Stack) -> Iterator[Verdict]:
    if isinstance(subject, Machine):
        resource, nodes, texts = subject.resource, subject.boot, subject.text()
    else:
        node = subject.get("data")
        resource, nodes = node.resource, (node,)
        texts = [(node, node.value)] if isinstance(node.value, str) else []
    for node in nodes:
        yield from breach(UNKNOWN if not node.known else False, resource, "", node)
    for node, text in texts:
        folded = text.casefold()
        for needs, pattern, what in _WEAK:
            yield from breach(needed(needs, folded) and bool(pattern.search(text)), resource, what, node)
