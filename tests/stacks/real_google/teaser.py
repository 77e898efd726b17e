"""The project of these tests."""

from pathlib import Path

from tests.google_on_loopback import RealOne, image_of


def write(google: RealOne, cloud: str, machine: str = "for: audio", *, with_image: bool = True) -> None:
    """Write its file into the current folder."""
    image = f", image: '{image_of(google)}'" if with_image else ""
    Path("projects/teaser.yaml").write_text(
        f"project: teaser\ncloud: {cloud}\nworkstations:\n  mix-1: {{{machine}, user: ana{image}}}\n"
    )
