"""How people are told on Google Cloud: by a log whose entries an alarm of the studio sends on, and the secret address of their chat.

Google Cloud has nothing that sends an e-mail with a text of one's own. A notice is a log entry, and the studio's audit trail has an alarm that
tells its addresses of each (Cloud Monitoring, "Log-based alerting policies"); within five minutes it tells once. The address of the chat is
kept in Secret Manager, in the studio's home region (Secret Manager API; both read 2026-11).
"""

import base64
import re
from collections.abc import Mapping
from typing import Any, Final

from soundstage.core.errors import CloudError
from soundstage.providers.calls import is_gone
from soundstage.stacks.clouds.gcp.calls import Projects, ask, found, is_switched_off, pages
from soundstage.stacks.clouds.gcp.names import last

_DISABLED: Final = "FAILED_PRECONDITION"
"""The code for a version that somebody disabled or destroyed (Secret Manager API, `versions.access`, read 2026-11)."""
_LOG: Final = re.compile(r'logName="(projects/[^"]+)"')


class GoogleNotices:
    """See `Notices`. A topic is the alarm that hears the studio's notices."""

    def __init__(self, cloud: Projects, region: str) -> None:
        self._cloud = cloud
        self._region = region

    def publish(self, topic: str, subject: str, text: str) -> None:
        entry = {"severity": "NOTICE", "jsonPayload": {"subject": subject, "text": text}}
        whole = {"logName": self._log(topic), "resource": {"type": "global"}, "entries": [entry]}
        ask(self._cloud, "logging.entries.write", "notices", body=whole)

    def readers(self, topic: str) -> dict[str, bool]:
        """Google asks nobody whether they want to read; an address is told unless somebody switched it off."""
        readers = {}
        for name in self._alarm(topic).get("notificationChannels") or ():
            channel = found(self._cloud, "monitoring.projects.notificationChannels.get", name=name) or {}
            if channel.get("type") == "email":
                readers[str((channel.get("labels") or {}).get("email_address", ""))] = channel.get("enabled", True)
        return readers

    def webhook(self, studio: str) -> str:
        try:
            told = ask(
                self._cloud,
                "secretmanager.projects.secrets.versions.access",
                "webhook",
                name=f"{self._secret(studio)}/versions/latest",
            )
        except CloudError as error:
            # As in every project at first. E-mail goes on all the same.
            gone = is_gone(error.code) or error.code == _DISABLED
            if gone or is_switched_off(error.code, error.message):
                return ""
            raise
        return base64.b64decode(told["payload"]["data"]).decode()

    def keep_webhook(self, studio: str, topic: str, address: str) -> None:
        name = self._secret(studio)
        if not address:
            found(self._cloud, "secretmanager.projects.secrets.delete", name=name)
            return
        self._alarm(topic)
        if found(self._cloud, "secretmanager.projects.secrets.get", name=name) is None:
            ask(
                self._cloud, "secretmanager.projects.secrets.create", "webhook", parent=f"projects/{self._cloud.project.account_id}",
                secretId=last(name), body={"replication": {"userManaged": {"replicas": [{"location": self._region}]}}},
            )  # fmt: skip
        payload = {"data": base64.b64encode(address.encode()).decode()}
        kept = ask(
            self._cloud, "secretmanager.projects.secrets.addVersion", "webhook", parent=name, body={"payload": payload}
        )
        self._destroy_before(str(kept["name"]))

    def spent(self, budget: str) -> tuple[float, float] | None:  # noqa: ARG002 - a budget of Google's tells nobody who asks; it sends e-mails
        return None

    def _secret(self, studio: str) -> str:
        """Its name, which is no project's."""
        return f"projects/{self._cloud.project.account_id}/secrets/soundstage-{studio}-notices-webhook"

    def _alarm(self, topic: str) -> Mapping[str, Any]:
        alarm: Mapping[str, Any] = ask(self._cloud, "monitoring.projects.alertPolicies.get", "notices", name=topic)
        return alarm

    def _log(self, topic: str) -> str:
        """The log that the alarm hears."""
        found_log = _LOG.search(str(self._alarm(topic).get("conditions")))
        if found_log is None:
            raise CloudError(
                f"The alarm {topic} hears no log any more, so nobody is told by e-mail.",
                "`workstation studio up` mends it.",
            )
        return found_log[1]

    def _destroy_before(self, newest: str) -> None:
        """Earlier addresses are secrets too, which nobody needs any more. What is destroyed already cannot be destroyed again."""
        secret = newest.partition("/versions/")[0]
        versions = "secretmanager.projects.secrets.versions"
        for one in [*pages(self._cloud, f"{versions}.list", "versions", parent=secret)]:
            # The answer names the project by its number, or by its id.
            if last(one["name"]) != last(newest) and one["state"] != "DESTROYED":
                found(self._cloud, f"{versions}.destroy", name=f"{secret}/versions/{last(one['name'])}")
