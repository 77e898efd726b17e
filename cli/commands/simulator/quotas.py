"""Show the simulated account's quotas, or play smaller ones.

The account has plenty unless this says otherwise. `--new-account` gives it what a real account has on its first day: no GPU machine at
all. Then `workstation doctor` fails as it would there, and the way from it can be practised.

For example: workstation simulator quotas --new-account --granted-after 20
"""

from typing import Annotated

import typer

from soundstage.cli.answer import Answer

Region = Annotated[str, typer.Option("--region", metavar="REGION", help="The region that it is about.")]
New = Annotated[bool, typer.Option("--new-account", help="As on the first day of an account.")]
Usual = Annotated[bool, typer.Option("--usual", help="Plenty, as at first.")]
Values = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="CODE=N", help="This quota, such as L-DB2E81BA=4; repeat for more.", show_default=False
    ),
]
After = Annotated[float, typer.Option("--granted-after", metavar="S", help="Seconds until a request is granted.")]
Refusing = Annotated[bool, typer.Option("--refuse", help="Refuse requests for more.")]


def command(
    region: Region = "eu-west-1",
    new_account: New = False,
    usual: Usual = False,
    set_: Values = None,
    granted_after: After = 0.0,
    refuse: Refusing = False,
) -> Answer:
    from soundstage.cli.display.simulator import quotas_text
    from soundstage.simulator.account_quotas import AccountQuotas, known, text_of, values_of
    from soundstage.stacks.target import simulated_cloud

    values = values_of(set_ or ())
    cloud = simulated_cloud(region)
    if cloud.look_alike and (new_account or usual or values or granted_after or refuse):
        cloud.look_alike.have_quotas(text_of(AccountQuotas(new_account and not usual, values, granted_after, refuse)))
    rows = [
        {"code": code, "name": name, "allowed": cloud.quotas.allowed((service, code))}
        for code, (service, name) in known().items()
    ]
    return Answer({"region": region, "quotas": rows}, lambda screen: quotas_text(rows, screen))
