"""Names that speak of a secret are sought line by line: what is found must be what is found in the whole text."""

import pytest

from soundstage.policies.views.secrets import _NAMED, _near_names, secrets_in

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
    assert secrets_in(text) == []


def test_only_lines_near_a_name_are_looked_at() -> None:
    assert _near_names(FILLER) == ""
    assert (
        len(_near_names(f"{FILLER}\ntoken\n{FILLER}").splitlines()) == 5
    )  # four lines, and what parts them from others
    assert all(pattern.pattern.count("password") for pattern, _ in _NAMED)
