"""What happens when a budget is spent, whichever cloud it is in."""

from typing import Final

AT_LIMIT: Final = ("notify", "stop")
