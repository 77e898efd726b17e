"""Soundstage builds and strikes cloud creative workstations.

The code lives in the folders at the top of the repository (docs/design.md says which holds what);
this package only gives them their import name. Start at `soundstage.components.aws` to use the library.
"""

__version__ = "0.1.0"
