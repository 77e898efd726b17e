"""Managed services beside the machines: whom they answer, whether their data are kept, and what they cost."""

from collections.abc import Iterator

from soundstage.policies.policy import ADVISORY, HIGH, LOW, MANDATORY, MEDIUM, Verdict, breach, policy
from soundstage.policies.views.services import Said, costly, exposed, unkept, unsaid
from soundstage.policies.views.stack import Stack


@policy(
    "NET-25",
    "Managed services do not answer the internet",
    severity=HIGH,
    level=MANDATORY,
    why="A database or a share with a public address is found within hours, and holds the same media as the buckets.",
    fix="Put the service into a private network, and name the few addresses or accounts that need it. What else there is to its type is "
    "reported as not judged.",
    references="mpa-5.1:T2 mpa-5.1:T14",
    over=exposed,
)
def public_services(item: Said, _stack: Stack) -> Iterator[Verdict]:
    yield from breach(item.wrong, item.resource, item.told, item.node, *item.spared)


@policy(
    "STO-21",
    "Managed stores are encrypted and outlive a slip",
    severity=HIGH,
    level=MANDATORY,
    why="Project databases and shares hold months of work; without a backup, one wrong command ends them.",
    fix="Encrypt the store, keep its backups for a week or longer, and do not switch off what asks before it is deleted.",
    references="mpa-5.1:T5 mpa-5.1:T3",
    over=unkept,
)
def kept_services(item: Said, _stack: Stack) -> Iterator[Verdict]:
    yield from breach(item.wrong, item.resource, item.told, item.node, *item.spared)


@policy(
    "STO-22",
    "Managed services say how they are kept",
    severity=LOW,
    level=ADVISORY,
    why="Where a program says nothing, these services keep no backup, ask for no TLS, use a key of the cloud's own or run as an account with many rights.",
    fix="Say it: encryption, TLS, a backup and an account of its own cost little, and whoever reads the program sees that they are meant.",
    references="mpa-5.1:T5 mpa-5.1:T3",
    over=unsaid,
)
def said_services(item: Said, _stack: Stack) -> Iterator[Verdict]:
    yield from breach(item.wrong, item.resource, item.told, item.node, *item.spared)


@policy(
    "COST-07",
    "Nothing is paid for that a small studio does not use",
    severity=MEDIUM,
    level=MANDATORY,
    why="Reservations, fleets without an end and the largest disks cost more in a day than a project in a month.",
    fix="Take the size that the job needs, and waive this policy with a reason where it needs that much.",
    references="house:cost-control",
    over=costly,
)
def sizes(item: Said, _stack: Stack) -> Iterator[Verdict]:
    yield from breach(item.wrong, item.resource, item.told, item.node, *item.spared)
