"""The folders of a project's media bucket."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

MASTERS: Final = "masters/"
"""Originals. No version of anything in here ever expires, and only an administrator may delete."""
EXPORTS: Final = "exports/"
"""What reviewers see, and nothing else."""

TRANSFER: Final = ".soundstage-transfer/"
"""Files on their way to or from a machine. `workstation cp` removes each at its end, and what a killed one left goes in a day. The
name is none that anybody would give a folder for media."""

FOLDERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "footage/": "Raw footage as it came from the camera or the client",
        "audio/": "Recordings, music, sound effects, mixes",
        "graphics/": "Stills, titles, textures, fonts",
        "project-files/": "Timelines, scenes and project databases of the editing and effects programs",
        EXPORTS: "Renders for review",
        MASTERS: "Originals and final masters, kept for ever",
        "proxies/": "Light copies for editing, which can be made again",
    }
)
"""Folder (with its final slash) and what belongs into it."""

ORIGINALS: Final = ("audio/", "footage/", MASTERS)
"""Folders of what cannot be made again: no rule ever expires a current version in them."""
