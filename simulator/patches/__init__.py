"""Corrections of moto 5.2, one file each. They are applied once, before the first request (`apply_all`)."""

from soundstage.simulator.patches import backends, bucket_policies, clock, filters, images, keys, policies, volumes


def apply_all() -> None:
    """Apply every correction to the moto of this process."""
    for patch in (backends, bucket_policies, clock, filters, images, keys, policies, volumes):
        patch.apply()
