"""A region with cleaner electricity in which a project may live, and what it would cost. Pure."""

from collections.abc import Iterator

from soundstage.pricing.advised import View, rented
from soundstage.pricing.carbon import YEAR, grid


def cleaner(view: View) -> Iterator[str]:
    """The cleanest other region that offers all machines, where its electricity is at most half as dirty as that of the project's."""
    machines = list(rented(view.site))
    here = grid(machines[0].cloud, machines[0].region) if machines else None
    if here is None:
        return
    now, best = sum(one.hours * one.usd for one in machines), None
    for region in view.regions:
        there = grid(machines[0].cloud, region)
        if there is None or there.grams_per_kwh > here.grams_per_kwh / 2 or (best and there.grams_per_kwh >= best[0]):
            continue
        usd = 0.0
        for one in machines:
            found = one.elsewhere(region)
            if found is None:
                break
            usd += one.hours * found.usd
        else:
            best = (there.grams_per_kwh, region, usd)
    if best:
        grams, region, usd = best
        more = f"{abs(usd - now):.2f} USD a month {'more' if usd > now else 'less'}"
        yield (
            f"`region: {region}` has cleaner electricity: {grams:.0f} g of CO2 for a kWh instead of {here.grams_per_kwh:.0f} ({YEAR}, "
            f"the local grid; {here.source.url}), and the same machines for {more}. A machine that is farther away answers later: try it."
        )
