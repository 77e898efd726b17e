"""Writes docs/clouds.md from the table of what a cloud cannot do, or with `--check` says whether it is out of date."""

import sys

from pages import ROOT, deliver

from soundstage.core.clouds import CLOUDS
from soundstage.projectfile.catalogues import CATALOGUES
from soundstage.projectfile.cloud_limits import COMMANDS, KEYS

PAGE = ROOT / "docs" / "clouds.md"
HEAD = """# Which cloud can do what
Written by `make docs` from `projectfile/cloud_limits.py`.

A project file names its cloud in `cloud:`. A file that names no `region`, `availability_zone`, `instance_type` or `image`, and none of the
keys below, works on each cloud with another word there. A studio file is for one cloud: its `home_region` and `account` are of that cloud.
What a cloud cannot do is below, each with the reason. `workstation validate` refuses such a key at its line; a command that is named here
says so in a sentence, exits with 2 and does nothing. A reason that ends in "yet" is work that is to be done.

**`cloud: gcp`, a real project of Google Cloud, has never been built by any release of Soundstage**: the code path is the one that the simulated
one exercises, and you would be the first ([step by step](first-real-google-project.md)). Both need the extra `gcp`
(`pip install '.[simulator,gcp]'` in a checkout; `make demo` installs it). What this page says of `gcloud` is for Google Cloud itself: that
command does not reach the simulated one.

```sh
workstation studio init my-studio --cloud simulated-gcp    # studio.yaml, with a home region of Google Cloud
workstation init my-film --cloud simulated-gcp             # projects/my-film.yaml
workstation up my-film
workstation down my-film
```

| `cloud:` | what it is | region when none is said |
|---|---|---|
{clouds}

## How a word of the file reads on Google Cloud
- `for` and `size` choose a machine with the licence of a virtual workstation: G2 (L4), N1 with one T4, or G4 (RTX PRO 6000), whichever the
  region offers; for `audio` an N2 without a GPU. `availability_zone` is the name of a zone, such as `europe-west4-b`. The zone is chosen among those that have the GPU.
- Tags become labels of the same meaning, which can be read back: `soundstage:project` is `soundstage-project`, and a character that no
  label can hold is `_` and its code.
- `access.via: session` is Identity-Aware Proxy with OS Login. `image` is a recipe, or `projects/PROJECT/global/images/NAME`.
- `account` in the studio file is the id of the Google Cloud project, and `billing_account` who pays for it. On `cloud: gcp` both must be
  there, and an address in `alert_emails`. A studio file with another `account` is refused while anything is there.
- The credentials are application default credentials: those of `gcloud auth application-default login`, of a service account acted for
  (`--impersonate-service-account`), of workload identity federation, of a machine, or a key file, of which `doctor` warns.
- `display` is Selkies on Linux and RDP on Windows. RDP has no GPU encoder and no picture tuned for colour work.
- `storage.lifecycle` means the same ages: Nearline for infrequent access, Archive for deep archives.
- On Linux the idle guard stops a machine, as on AWS. **On Windows there is no idle guard yet**: `hours` and Google's limit stop it.
- Google stops every machine 24 hours after its start, whoever is at work on it. `keep-awake` does not change that, and no key does yet."""
FOOT = """
## Who gets in on Google Cloud
Whoever owns the Google Cloud project, and nobody else: there are no sessions of a role that people take, as on AWS (`permission_sets` says
nothing here), and whom the project file names:
```yaml
access: {people: ["user:ana@studio.example", "group:editors@studio.example"]}   # as Google's IAM writes accounts and groups, in lower case
```
`workstation up` lets them in to the machines of this project, and to no others: its role `look` (which lists all machines of the Google Cloud
project, and can do nothing with them); on each machine its role `artist`, sign-in by OS Login and the right to act as its account; the way
through Identity-Aware Proxy, as a policy of that one machine's tunnel for the ports of SSH and of the display; its media, where `masters/` is
read only. A machine that is made anew lets in the same people. Whoever is no longer named loses all of it with the next `up`, though a connection
that is open stays open: the preview says so, and `workstation stop`, then `start`, cuts it. Google may take some minutes either way. Other bindings, such as those that somebody made with gcloud, stay. Policy `IAM-14` refuses
private addresses, such as those of gmail.com: nobody can take such an account away from who left. Where a freelancer has no other, a [waiver](policies/using.md)
with a reason, an owner and a last day lets it pass.

Do not write a condition on `resource.name` for `roles/iap.tunnelResourceAccessor`: Identity-Aware Proxy is not among the services that know that
attribute (IAM, "Attribute reference for IAM Conditions", read 2026-11). Who brings projects up needs what `workstation permissions` prints.
**That role holds for everything in the Google Cloud project**, also for what other projects of this tool and other studios have there. Where
the people who bring projects up must be kept apart, give each studio a Google Cloud project of its own (`account` in the studio file).

## Asked before anything is planned on Google Cloud
`doctor` says, and `up` refuses, where somebody pays for the project no more or the studio file names another billing account; where an API is
switched off (with the one command that switches all of them on); and where a policy of the organisation is known to forbid this: places,
services, service accounts, guest attributes, images of other projects. A policy that names groups of regions is Google's to judge.

## Not known beforehand on Google Cloud
The check `permissions` of `doctor` and `up` asks about the project and about the billing account that pays (budgets), and not about the
organisation. The clock of this computer is not compared with Google's.

On the simulated Google Cloud the embedded engine does the work, or with `--engine pulumi` the genuine one; `move-state` moves a stack from
one to the other. On `cloud: gcp` the embedded engine does, and no other yet. **The state is on this computer**. Keep a copy of
`~/.local/state/soundstage`: without it the resources stay, nothing here knows of them, and `workstation orphans` finds only what costs.
"""


def page() -> str:
    clouds = "\n".join(
        f"| `{one.word}` | {one.title} | {CATALOGUES[one.family].default_region} |" for one in CLOUDS.values()
    )
    lines = [HEAD.format(clouds=clouds)]
    for family, catalogue in CATALOGUES.items():
        keys = [
            f"| `{one.key}` | {one.values or 'anything but the default'} | {one.reason} | {one.instead} |"
            for one in KEYS
            if one.family == family
        ]
        commands = [f"| `{one.command}` | {one.reason} | {one.instead} |" for one in COMMANDS if one.family == family]
        if keys:
            lines += [
                f"\n## Keys that {catalogue.title} does not take",
                "| key | which values | why | what the file may say |\n|---|---|---|---|",
                *keys,
            ]
        if commands:
            lines += [
                f"\n## Commands that {catalogue.title} does not have",
                "| `workstation …` | why | instead |\n|---|---|---|",
                *commands,
            ]
    return "\n".join(lines) + "\n" + FOOT


if __name__ == "__main__":
    sys.exit(deliver({PAGE: page()}, "the table of clouds says"))
