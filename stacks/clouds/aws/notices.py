"""The studio's topic, the address of its chat, and what budgets have counted, as AWS keeps them."""

from collections.abc import Callable
from typing import Final

from soundstage.core.errors import CloudError
from soundstage.stacks.clouds.aws.calls import Clients, call

_ACCOUNT_BUDGETS: Final = "us-east-1"
_UNKNOWN: Final = ("ParameterNotFound", "NotFoundException", "NotFound")


def parameter(studio: str) -> str:
    """The name of the parameter that holds the address. Not under /soundstage/, where projects may read."""
    return f"/soundstage-studio/{studio}/notices/webhook"


class AwsNotices:
    """See `Notices`."""

    def __init__(self, clients: Clients, account: Callable[[], str]) -> None:
        self._clients = clients
        self._account = account

    def publish(self, topic: str, subject: str, text: str) -> None:
        sns = self._clients.client("sns", topic.split(":")[3])
        call(sns, "Publish", "notices", TopicArn=topic, Subject=subject, Message=text)

    def readers(self, topic: str) -> dict[str, bool]:
        sns = self._clients.client("sns", topic.split(":")[3])
        found = call(sns, "ListSubscriptionsByTopic", "notices", TopicArn=topic)["Subscriptions"]
        return {
            one["Endpoint"]: one["SubscriptionArn"].startswith("arn:") for one in found if one["Protocol"] == "email"
        }

    def webhook(self, studio: str) -> str:
        try:
            found = call(
                self._clients.client("ssm"), "GetParameter", "webhook", Name=parameter(studio), WithDecryption=True
            )
        except CloudError as error:
            if error.code in _UNKNOWN:
                return ""
            raise
        return str(found["Parameter"]["Value"])

    def keep_webhook(self, studio: str, topic: str, address: str) -> None:
        ssm = self._clients.client("ssm")
        if not address:
            try:
                call(ssm, "DeleteParameter", "webhook", Name=parameter(studio))
            except CloudError as error:
                if error.code not in _UNKNOWN:
                    raise
            return
        sns = self._clients.client("sns", topic.split(":")[3])
        key = call(sns, "GetTopicAttributes", "notices", TopicArn=topic)["Attributes"]["KmsMasterKeyId"]
        call(
            ssm, "PutParameter", "webhook",
            Name=parameter(studio), Value=address, Type="SecureString", KeyId=key, Overwrite=True,
            Description="Where notices go, besides e-mail. The address is a secret.",
        )  # fmt: skip

    def spent(self, budget: str) -> tuple[float, float] | None:
        budgets = self._clients.client("budgets", _ACCOUNT_BUDGETS)
        try:
            found = call(budgets, "DescribeBudget", budget, AccountId=self._account(), BudgetName=budget)["Budget"]
        except CloudError as error:
            if error.code in _UNKNOWN:
                return None
            raise
        counted = found.get("CalculatedSpend", {}).get("ActualSpend", {}).get("Amount", 0)
        return float(counted), float(found["BudgetLimit"]["Amount"])
