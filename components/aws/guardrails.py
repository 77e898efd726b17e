"""AccountGuardrails: settings of a whole account that make the safe way the only one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from soundstage.components.arguments import MOST_EMAILS, email_faults, number_faults, refuse
from soundstage.components.aws.budget import alerts, amount_faults, percent_faults
from soundstage.components.aws.key import EncryptionKey
from soundstage.components.component import Component
from soundstage.components.fields import conformed
from soundstage.components.naming import account_budget_name, analyser_name, cost_monitor_name, label_faults
from soundstage.components.ownership import Tags, plain_tags
from soundstage.components.tags import named, tag_faults

LEAST_PASSWORD_LENGTH: Final = 14
PASSWORDS_REMEMBERED: Final = 24
"""CIS AWS Foundations Benchmark v3.0.0, 1.8 and 1.9 (read 2026-11)."""

_REGION: Final = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d", re.ASCII)


class AccountGuardrailsArgs(TypedDict):
    studio: str
    """Name of the studio. One set of guard-rails serves the whole account."""
    regions: list[str]
    """Regions that the studio works in; encryption of disks, sharing blocks, metadata defaults and the access
    analyser are settings of each region."""
    alert_emails: list[str]
    """Who is told about unusual cost, one address at least, in one message a day."""
    topic_arn: NotRequired[pulumi.Input[str]]
    """ARN of a topic that is told about unusual cost at once. No topic when absent."""
    anomaly_above_usd: NotRequired[int]
    """Unusual cost worth telling about, in US dollars: 1 to 100000. 20 when absent."""
    monthly_usd: NotRequired[float]
    """Limit for a calendar month, in US dollars, of everything in the account. No budget of the account when absent."""
    alert_at_percent: NotRequired[list[int]]
    """Percentages of that limit at which `alert_emails` and the topic are told, both when spent and when forecast: 1 to
    1000, at most five. 50, 80 and 100 when absent."""
    anomaly_monitor_arn: NotRequired[pulumi.Input[str]]
    """ARN of the account's monitor of all services. AWS allows one, and gives new accounts one of its own; name it
    here then. Made when absent."""
    analyser_arns: NotRequired[Mapping[str, str]]
    """ARN of the account's own access analyser, by region. AWS allows one per region; one is made for each region that
    is not named here."""
    volume_key_arns: NotRequired[Mapping[str, pulumi.Input[str]]]
    """ARN of the key for new disks, by region. A key is made for each region that is not named here."""
    keep: NotRequired[bool]
    """Whether the keys made here survive when the stack is destroyed. True when absent."""
    tags: NotRequired[Tags]
    """Tags of everything here, such as `soundstage:studio` and `soundstage:project`."""
    foreign_tags: NotRequired[list[str]]
    """Keys of tags that somebody else sets on what is made here, such as a tool for cost: whatever they hold stays. None when
    absent: a tag that the program does not set is taken away once it has been seen."""


@dataclass(frozen=True)
class _Guardrails:
    studio: str
    regions: tuple[str, ...]
    alert_emails: tuple[str, ...]
    topic_arn: pulumi.Input[str] | None
    anomaly_above_usd: int
    monthly_usd: float | None
    alert_at_percent: tuple[int, ...]
    anomaly_monitor_arn: pulumi.Input[str] | None
    analyser_arns: Mapping[str, str]
    volume_key_arns: Mapping[str, pulumi.Input[str]]
    keep: bool
    tags: Tags


def _resolve(name: str, args: AccountGuardrailsArgs) -> _Guardrails:
    args, faults = conformed(args, AccountGuardrailsArgs)
    rails = _Guardrails(
        studio=args.get("studio", ""),
        regions=tuple(args.get("regions", ())),
        alert_emails=tuple(args.get("alert_emails", ())),
        topic_arn=args.get("topic_arn"),
        anomaly_above_usd=args.get("anomaly_above_usd", 20),
        monthly_usd=args.get("monthly_usd"),
        alert_at_percent=tuple(args.get("alert_at_percent", (50, 80, 100))),
        anomaly_monitor_arn=args.get("anomaly_monitor_arn"),
        analyser_arns=args.get("analyser_arns", {}),
        volume_key_arns=args.get("volume_key_arns", {}),
        keep=args.get("keep", True),
        tags=args.get("tags", {}),
    )
    faults += label_faults("studio", rails.studio)
    faults += email_faults("alert_emails", rails.alert_emails) + tag_faults(plain_tags(rails.tags))
    faults += number_faults("anomaly_above_usd", rails.anomaly_above_usd, 1, 100_000)
    if rails.monthly_usd is not None:
        faults += amount_faults(rails.monthly_usd) + percent_faults(rails.alert_at_percent)
    if len(rails.alert_emails) > MOST_EMAILS:
        faults.append(f"alert_emails has {len(rails.alert_emails)} addresses; allowed: {MOST_EMAILS}")
    if not rails.alert_emails:
        faults.append("alert_emails is empty; give at least one address")
    if not rails.regions or len(set(rails.regions)) != len(rails.regions):
        faults.append(f"regions is {list(rails.regions)}; allowed: one region or more, each once")
    faults += [
        f"regions has {region!r}; allowed: a region such as eu-west-1"
        for region in rails.regions
        if not isinstance(region, str) or not _REGION.fullmatch(region)
    ]
    faults += [
        f"{key} has {region!r}, which is not among the regions"
        for key, given in (("volume_key_arns", rails.volume_key_arns), ("analyser_arns", rails.analyser_arns))
        for region in sorted(set(given) - set(rails.regions))
    ]
    refuse("AccountGuardrails", name, faults)
    return rails


class AccountGuardrails(Component):
    """What one account must refuse whoever asks: public buckets, shared disks and images, clear disks, weak passwords.

    Also an access analyser per region, a monitor of unusual cost with its readers, a budget of the whole account, and a
    report of default networks.
    """

    volume_key_arns: pulumi.Output[dict[str, str]]
    """ARN of the key that encrypts new disks, by region."""
    analyser_arns: pulumi.Output[dict[str, str]]
    """ARN of the access analyser, by region."""
    warnings: pulumi.Output[list[str]]
    """What AWS made in this account and the studio should look at: networks that nobody asked for."""

    def __init__(self, name: str, args: AccountGuardrailsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        rails = _resolve(name, args)
        super().__init__(name, args, opts)
        options = pulumi.ResourceOptions(parent=self)
        aws.s3.AccountPublicAccessBlock(
            f"{name}-public-buckets",
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=options,
        )
        aws.iam.AccountPasswordPolicy(
            f"{name}-passwords",
            allow_users_to_change_password=True,
            minimum_password_length=LEAST_PASSWORD_LENGTH,
            password_reuse_prevention=PASSWORDS_REMEMBERED,
            require_lowercase_characters=True,
            require_numbers=True,
            require_symbols=True,
            require_uppercase_characters=True,
            opts=options,
        )
        keys = {region: self._guard_disks(name, rails, region) for region in rails.regions}
        analysers = {region: self._guard_region(name, rails, region) for region in rails.regions}
        self._watch_cost(name, rails)
        if rails.monthly_usd is not None:
            label = account_budget_name(rails.studio)
            aws.budgets.Budget(
                f"{name}-budget",
                name=label,
                budget_type="COST",
                limit_amount=f"{rails.monthly_usd:.2f}",
                limit_unit="USD",
                time_unit="MONTHLY",
                notifications=alerts(rails.alert_at_percent, rails.alert_emails, rails.topic_arn),
                tags=named(rails.tags, label),
                opts=options,
            )
        self.volume_key_arns = pulumi.Output.all(**keys)
        self.analyser_arns = pulumi.Output.all(**analysers)
        self.warnings = pulumi.Output.all(*[self._default_networks(region) for region in rails.regions]).apply(
            lambda found: [warning for warnings in found for warning in warnings]
        )
        self.record_outputs()

    def _guard_disks(self, name: str, rails: _Guardrails, region: str) -> pulumi.Output[str]:
        """Encrypt every new disk of the region, under a key of the customer."""
        options = pulumi.ResourceOptions(parent=self)
        given = rails.volume_key_arns.get(region)
        key_arn = (
            pulumi.Output.from_input(given)
            if given is not None
            else EncryptionKey(
                f"{name}-disks-{region}",
                {
                    "description": f"Disks of {rails.studio} in {region}",
                    "used_through": ["ec2"],
                    "region": region,
                    "keep": rails.keep,
                    "tags": rails.tags,
                },
                options,
            ).arn
        )
        aws.ebs.EncryptionByDefault(f"{name}-disk-encryption-{region}", enabled=True, region=region, opts=options)
        aws.ebs.DefaultKmsKey(f"{name}-disk-key-{region}", key_arn=key_arn, region=region, opts=options)
        return key_arn

    def _guard_region(self, name: str, rails: _Guardrails, region: str) -> pulumi.Output[str]:
        """Block public snapshots and images, make IMDSv2 the default, and analyse who from outside has access."""
        options = pulumi.ResourceOptions(parent=self)
        aws.ebs.SnapshotBlockPublicAccess(
            f"{name}-public-snapshots-{region}", state="block-all-sharing", region=region, opts=options
        )
        aws.ec2.ImageBlockPublicAccess(
            f"{name}-public-images-{region}", state="block-new-sharing", region=region, opts=options
        )
        aws.ec2.InstanceMetadataDefaults(
            f"{name}-metadata-{region}",
            http_tokens="required",
            http_put_response_hop_limit=1,
            region=region,
            opts=options,
        )
        given = rails.analyser_arns.get(region)
        if given is not None:
            return pulumi.Output.from_input(given)
        label = analyser_name(rails.studio)
        analyser = aws.accessanalyzer.Analyzer(
            f"{name}-analyser-{region}",
            analyzer_name=label,
            type="ACCOUNT",
            region=region,
            tags=named(rails.tags, label),
            opts=options,
        )
        return analyser.arn

    def _watch_cost(self, name: str, rails: _Guardrails) -> None:
        """One message a day by e-mail; at once through the topic, which is the only way AWS offers it."""
        options = pulumi.ResourceOptions(parent=self)
        monitor_arn = rails.anomaly_monitor_arn
        if monitor_arn is None:
            label = cost_monitor_name(rails.studio)
            monitor_arn = aws.costexplorer.AnomalyMonitor(
                f"{name}-cost",
                name=label,
                monitor_type="DIMENSIONAL",
                monitor_dimension="SERVICE",
                tags=named(rails.tags, label),
                opts=options,
            ).arn
        readers: dict[str, list[aws.costexplorer.AnomalySubscriptionSubscriberArgsDict]] = {
            "DAILY": [{"type": "EMAIL", "address": email} for email in rails.alert_emails]
        }
        if rails.topic_arn is not None:
            readers["IMMEDIATE"] = [{"type": "SNS", "address": rails.topic_arn}]
        for frequency, subscribers in readers.items():
            label = f"{rails.studio}-cost-{frequency.lower()}"
            aws.costexplorer.AnomalySubscription(
                f"{name}-cost-{frequency.lower()}",
                name=label,
                frequency=frequency,
                monitor_arn_lists=[monitor_arn],
                subscribers=subscribers,
                threshold_expression={
                    "dimension": {
                        "key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE",
                        "match_options": ["GREATER_THAN_OR_EQUAL"],
                        "values": [str(rails.anomaly_above_usd)],
                    }
                },
                tags=named(rails.tags, label),
                opts=options,
            )

    def _default_networks(self, region: str) -> pulumi.Output[list[str]]:
        found = aws.ec2.get_vpcs_output(
            filters=[{"name": "is-default", "values": ["true"]}],
            region=region,
            opts=pulumi.InvokeOptions(parent=self),
        )
        return found.ids.apply(
            lambda ids: [
                f"{region} has the default network {vpc}, open to the internet by design; delete it if nothing uses it"
                for vpc in ids
            ]
        )
