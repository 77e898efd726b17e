"""Corrections of moto 5.2, one file each. They are applied once, before the first request (`apply_all`)."""

from soundstage.simulator.patches import backends, clock, keys


def apply_all() -> None:
    """Apply every correction to the moto of this process."""
    for patch in (backends, clock, keys):
        patch.apply()
