"""A price that stands in a sentence of the code or of its pages is the one in the table."""

import re
from pathlib import Path

import pytest
import yaml

from soundstage.pricing.facts import machine_hour, price

SENTENCES = {
    ("projectfile/project_file.py", r"costs about\s+([0-9.]+) USD for a million queries"): "dns_firewall.queries",
    ("projectfile/project_file.py", r"about ([0-9.]+) USD a gigabyte"): "logs.ingestion",
    ("projectfile/project_file.py", r"about ([0-9.]+) USD a month and GiB"): "ebs.snapshot",
    ("projectfile/project_file.py", r"about ([0-9.]+) USD a GiB"): "ebs.initialization",
    ("components/aws/dns.py", r"([0-9.]+) USD a month for each name"): "dns_firewall.names",
    ("components/aws/dns.py", r"([0-9.]+) USD for a million queries"): "dns_firewall.queries",
    ("components/aws/dns.py", r"CloudWatch, ([0-9.]+) USD for a gigabyte"): "logs.ingestion",
}


@pytest.mark.parametrize(
    ("place", "item"), SENTENCES.items(), ids=[f"{file} {item}" for (file, _), item in SENTENCES.items()]
)
def test_a_price_in_a_sentence_was_another_than_in_the_table(
    place: tuple[str, str], item: str, repository: Path
) -> None:
    file, pattern = place
    said = re.findall(pattern, (repository / file).read_text())
    known = price("aws", item, "us-east-1")
    assert known is not None
    assert said
    assert {float(one) for one in said} == {known.usd}


def test_every_price_in_the_code_is_held_by_a_test(repository: Path) -> None:
    """A new sentence with a price is entered above, or says a fact of the tables itself."""
    found = []
    for room in ("components", "projectfile", "stacks", "cli", "images", "policies", "engines", "core"):
        for path in sorted((repository / room).rglob("*.py")):
            text = path.read_text()
            spans = [
                match.span(1)
                for (file, pattern) in SENTENCES
                if file == str(path.relative_to(repository))
                for match in re.finditer(pattern, text)
            ]
            for match in re.finditer(r"(?<![\w{`'\"(])([0-9]+\.[0-9]+) USD", text):
                line = text[text.rfind("\n", 0, match.start()) + 1 : text.find("\n", match.end())]
                if match.span(1) not in spans and "`" not in line:
                    found.append(f"{path.relative_to(repository)}: {line.strip()}")
    assert found == []


def test_the_live_test_counts_with_the_prices_of_the_table(repository: Path) -> None:
    said = yaml.safe_load((repository / "tests" / "live" / "prices.yaml").read_text())
    region = said["region"]
    assert said["m7i.xlarge"]["usd"] == machine_hour("m7i.xlarge", region)
    for key, item in (("volume", "ebs.gp3.storage"), ("endpoint", "endpoint.interface.hour"), ("key", "kms.key")):
        known = price("aws", item, region)
        assert known is not None
        assert said[key]["usd"] == known.usd
