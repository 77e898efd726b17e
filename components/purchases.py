"""How a machine is paid for, whichever cloud it is in."""

from typing import Final

PURCHASES: Final = ("on-demand", "spot")
