"""Names that speak of a secret are sought line by line: what is found must be what is found in the whole text."""

import pytest

from soundstage.policies.views import secrets
from soundstage.policies.views.secrets import _NAMED, _PATTERNS, _near_names, needed, secrets_in

FILLER = "\n".join(f"echo step {number} of the installation" for number in range(200))
VALUE = "hunter2hunter2"  # gitleaks:allow


@pytest.mark.parametrize(
    "line",
    [
        f"DB_PASSWORD={VALUE}",
        f'export API_KEY="{VALUE}"',
        f"license-key: {VALUE}",
        f"auth_token:\n  {VALUE}",
        f"auth_token\n  :\n  '{VALUE}'",
        f"run; set \nSECRET={VALUE}",
        f"'MyCredentials' := '{VALUE}'",
        f"PASSPHRASE = '{VALUE}'\r",
        f"\u212aEY_PASSWORD={VALUE}",
    ],
)
@pytest.mark.parametrize("text", ["{}", f"{FILLER}\n{{}}\n{FILLER}", f"{{}}\n{FILLER}", f"{FILLER}\n{{}}"])
def test_a_secret_in_a_long_script_is_found_wherever_it_stands(line: str, text: str) -> None:
    assert "a secret" in secrets_in(text.format(line))


def test_a_name_and_a_value_that_stand_far_apart_are_no_secret() -> None:
    text = f"the password\n{FILLER}\n= {VALUE}9\nkey\n{FILLER}\n: '{VALUE}'\ntoken"
    assert secrets_in(text) == ()


def test_a_text_that_many_machines_have_in_common_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    monkeypatch.setattr(secrets, "_found", lambda text: looked.append(text) or iter(()))
    for _ in range(3):
        assert secrets_in("a text of this test alone") == ()
    assert looked == ["a text of this test alone"]


def test_a_text_that_speaks_of_secrets_in_every_line_is_judged_and_not_remembered_whole() -> None:
    long = "\n".join(f"the token of step {number} is below" for number in range(100))
    known = secrets._remembered.cache_info().currsize
    assert list(secrets._found(long)) == []
    assert list(secrets._found(f"{long}\nDB_PASSWORD={VALUE}")) == ["a secret"]
    assert secrets._remembered.cache_info().currsize == known


def test_only_lines_near_a_name_are_looked_at() -> None:
    long = f"{FILLER}\ntoken\n{FILLER}"
    assert list(_near_names(FILLER, FILLER)) == [""]
    assert [len(lines.splitlines()) for lines in _near_names(long, long)] == [4]
    assert all(pattern.pattern.count("password") for pattern in _NAMED)


SECRETS = (
    "AKIAIOSFODNN7EXAMPLE", "-----BEGIN RSA PRIVATE KEY-----", "NET  USER ana hunter2hunter2", "convertto-securestring 'abc' -AsPlainText",
    "echo ana:hunter2 | sudo chpasswd", "echo hunter2 | passwd", "chpasswd:\n  list: |\n    ana:hunter22", "plain_text_passwd: hunter2",
    "passwd: hunter2", "password: hunter2", "DEFAULTPASSWORD hunter2", "tool --PASSWORD=hunter22", "tool -pass hunter22",
    "tool --token hunter22", "tool --auth-key hunter22", "tool --apikey hunter22", "tool -secret hunter22",
    "Name: DB_PASSWORD, Value: hunter22", "https://ana:hunter2@example.com", '"private_key": "x',
    *(f"{start}_{'a' * 36}" for start in ("ghp", "gho", "ghu", "ghs", "ghr", "npm", "github_pat", "dop_v1", "sk_live")),
    *(f"{start}-{'a' * 24}" for start in ("glpat", "xoxb", "tskey", "sk", "pul")), f"pul-{'0' * 40}", f"hvs.{'a' * 24}", f"AIza{'a' * 35}",
    f"eyJ{'a' * 12}.eyJ{'a' * 12}.{'a' * 12}", "hooks.slack.com/services/T1/B1/x", "AUTHORIZATION: Bearer abcdefghij",
    "sshpass -p hunter2", "curl -u ana:hunter2 x", "mysql x -phunter2",
    "SETX LICENSE_TOKEN hunter22", "pulumi config set dbPassword hunter22", "aws configure set aws_secret_access_key hunter22",
    "CMDKEY /add:files /pass:hunter22", r"NET  USE Z: \\files\media hunter22", "docker login -u ana -p hunter22", "podman login -p hunter22",
    "smbclient //files/media -U ana%hunter22", "create user ana IDENTIFIED by 'hunter22'", "ALTER ROLE ana password 'hunter22'",
)  # fmt: skip
"""For each way to write what a pattern finds, one text."""


@pytest.mark.parametrize("text", SECRETS)
def test_the_words_by_which_texts_are_told_apart_turn_no_pattern_off(text: str) -> None:
    folded = text.casefold()
    for needs, pattern, what in _PATTERNS:
        assert not pattern.search(text) or needed(needs, folded), what


def test_each_pattern_is_spoken_of_by_a_text() -> None:
    assert all(any(pattern.search(text) for text in SECRETS) for _, pattern, _ in _PATTERNS)
