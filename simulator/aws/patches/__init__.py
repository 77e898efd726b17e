"""Corrections of moto 5.2, one file each. They are applied once, before the first request (`apply_all`)."""

from functools import cache


@cache
def apply_all() -> None:
    """Import moto and apply every correction to it."""
    from soundstage.simulator.aws.patches import (  # fmt: skip
        absences,
        access_logs,
        backends,
        bucket_policies,
        characters,
        checksums,
        clock,
        deletions,
        filters,
        images,
        interfaces,
        keys,
        lookups,
        pages,
        policies,
        rules,
        tags,
        user_data,
        volumes,
    )

    for patch in (
        absences, access_logs, backends, bucket_policies, characters, checksums, clock, deletions, filters, images, interfaces,
        keys, lookups, pages, policies, rules, tags, user_data, volumes,
    ):  # fmt: skip
        patch.apply()
