"""Time passes in the simulated account: schedules act, what is there is counted, the bill is brought up to date, budgets are held to it."""

import re
from typing import Final

from soundstage.simulator.answer import Answer
from soundstage.simulator.aws.billing import meter, schedules, spending
from soundstage.simulator.aws.billing.bill import REFRESH_SECONDS, Bill
from soundstage.simulator.aws.caller import Caller
from soundstage.simulator.aws.patches import clock
from soundstage.simulator.aws.request import AwsRequest
from soundstage.simulator.memory import Memory

COUNTED_SECONDS: Final = 60.0
"""What is there for less than this may not be counted."""

_MACHINE: Final = re.compile(r"i-[0-9a-f]{8,17}")
"""The name of the session that a machine has as its role."""


def pass_until(memory: Memory, account: str, until: float) -> None:
    """Count what there is from the last count until now, and do what falls due on the way, in order.

    Only as a function of what is remembered and of `until`: calls that are made again after a restart make the same bill.
    """
    bill = memory.of(Bill, account)
    if not bill.until:
        bill.until = until
    if until - bill.until < COUNTED_SECONDS:
        return
    while bill.until < until:
        due = (bill.until // REFRESH_SECONDS + 1) * REFRESH_SECONDS
        moment = schedules.next_due(account, bill.until, min(due, until))
        meter.count(bill, account, min(due, until) if moment is None else moment)
        if moment is not None:
            with clock.at(moment):
                schedules.act(account, moment)
        if bill.until == due:
            bill.refresh()
            spending.look(memory, account, due)


def count_fetched(memory: Memory, call: AwsRequest, caller: Caller, at: float, answer: Answer) -> None:
    """Put what somebody fetched out of a bucket on the bill. A machine of the account fetches within its region, which costs nothing. A read
    is in no journal: what was fetched since the last snapshot is forgotten when the cloud is killed."""
    inside = caller.session is not None and _MACHINE.fullmatch(caller.session.name)
    if call.service == "s3" and call.operation == "GetObject" and answer.status in (200, 206) and not inside:
        bucket = str(call.labels.get("Bucket", ""))
        meter.fetched(memory.of(Bill, caller.account_id), caller.account_id, at, bucket, len(answer.body))
