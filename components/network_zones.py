"""What networks are for, whichever cloud they are in."""

from typing import Final

ZONES: Final = ("content", "io", "mgmt")
"""`content` holds media and opens no connection to the internet; `io` is where material comes in and goes out; `mgmt` is for the
studio's own tools. The split follows the MPA Content Security Best Practices (v5.3, technical security, network)."""
