"""Time passes in the simulated account: what is there is counted, the bill is brought up to date, budgets are held to it."""

from typing import Final

from soundstage.simulator.aws.billing import meter, spending
from soundstage.simulator.aws.billing.bill import REFRESH_SECONDS, Bill
from soundstage.simulator.memory import Memory

COUNTED_SECONDS: Final = 60.0
"""What is there for less than this may not be counted."""


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
        meter.count(bill, account, min(due, until))
        if due <= until:
            bill.refresh()
            spending.look(memory, account, due)
