"""The files that the genuine provider is shown."""

from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
EXAMPLES: Final = HERE.parents[1] / "examples"
_OWN: Final = sorted(path for path in (HERE / "projects").glob("*.yaml") if not path.stem.endswith(".policy"))
CASES: Final = {path.stem: path for path in (EXAMPLES / "teaser.yaml", EXAMPLES / "feature.yaml", *_OWN)}
STUDIO: Final = EXAMPLES / "studio.yaml"
