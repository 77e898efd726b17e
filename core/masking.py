"""Takes secrets out of text before it is shown as an error, a warning or a traceback."""

import os
import re
from typing import Final

MASK: Final = "[secret]"
_SECRET_NAME: Final = re.compile(r"SECRET|TOKEN|PASSPHRASE|PASSWORD|PRIVATE_KEY", re.IGNORECASE)
# Shorter values are words like `true`; masking them would spoil the text and hide nothing.
_SHORTEST: Final = 6
_SHAPES: Final = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL), MASK),
    (re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"), MASK),
    (re.compile(r"(?i)((?:x-amz-security-token|x-amz-signature|signature)=)[^&\s'\"]+"), rf"\1{MASK}"),
    (
        re.compile(
            r"(?i)(['\"]?[\w-]*(?:secret[_-]?access[_-]?key|session[_-]?token|passphrase|password)['\"]?\s*[:=]\s*)"
            r"(?:b?'[^']*'|b?\"[^\"]*\"|\[secret\][^\s,;&)}\]]*|[^\s,;&)}\]]+)"
        ),
        rf"\1{MASK}",
    ),
)


def masked(text: str) -> str:
    """`text` with `[secret]` in place of credentials: the values of this process's secret environment variables, and
    anything that has the shape of a private key, a password in a URL, a signed query or a credential assignment. What is masked stays
    as it is: an error is made of others."""
    known = {value for name, value in os.environ.items() if _SECRET_NAME.search(name) and len(value) >= _SHORTEST}
    for value in sorted(known, key=len, reverse=True):
        text = text.replace(value, MASK)
    for shape, replacement in _SHAPES:
        text = shape.sub(replacement, text)
    return text
