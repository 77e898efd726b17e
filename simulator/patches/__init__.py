"""Corrections of moto 5.2, one file each. They are applied once, before the first request (`apply_all`)."""


def apply_all() -> None:
    """Import moto and apply every correction to it."""
    from soundstage.simulator.patches import (
        backends,
        bucket_policies,
        clock,
        filters,
        images,
        keys,
        lookups,
        policies,
        volumes,
    )  # fmt: skip

    for patch in (backends, bucket_policies, clock, filters, images, keys, lookups, policies, volumes):
        patch.apply()
