"""What the address of a backend on S3 says. Pure: text in, values out."""

from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlparse

from soundstage.components.naming import bucket_name, state_bucket_stem
from soundstage.projectfile.studio_file import State


@dataclass(frozen=True)
class Bucket:
    """A backend on S3. `endpoint` is the host of a store that is not AWS, `folder` the place inside; both may be empty."""

    name: str
    region: str
    endpoint: str = ""
    folder: str = ""
    plain: bool = False
    """Whether the store is reached without TLS."""

    @property
    def url(self) -> str:
        """The address of a bucket on AWS itself."""
        return f"s3://{self.name}?region={self.region}"

    def at(self, endpoint: str) -> str:
        """The address of the same bucket on a store at `http://HOST:PORT`."""
        scheme, _, host = endpoint.partition("://")
        plain = "&disableSSL=true" if scheme == "http" else ""
        return f"{self.url}&endpoint={quote(host)}&s3ForcePathStyle=true{plain}"


def bucket_of(state: State) -> Bucket | None:
    """The bucket on S3 that a state is kept in; None when it is kept elsewhere."""
    parsed = urlparse(state.backend or "")
    if parsed.scheme != "s3":
        return None
    query = parse_qs(parsed.query)
    said = {key: query.get(key, [""])[0] for key in ("region", "endpoint")}
    plain = query.get("disableSSL") == ["true"]
    return Bucket(parsed.netloc, said["region"], said["endpoint"], parsed.path.strip("/"), plain)


def managed_bucket(state: State) -> Bucket | None:
    """The bucket that the studio itself makes for its state; None when it makes none."""
    return bucket_of(state) if state.managed else None


def own_bucket(studio: str, account: str, region: str) -> Bucket:
    """The bucket of a studio that has chosen no name for it."""
    return Bucket(bucket_name(state_bucket_stem(studio), account, region), region)
