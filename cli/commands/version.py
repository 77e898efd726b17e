"""Show which version this is."""

from soundstage.cli.answer import Answer, say


def command() -> Answer:
    import platform
    from importlib.metadata import version
    from importlib.util import find_spec
    from pathlib import Path

    from soundstage.cli import late_classes
    from soundstage.cli.late_classes import is_tried

    versions = {
        "soundstage": version("soundstage"),
        "python": platform.python_version(),
        "pulumi": version("pulumi"),
        "pulumi-aws": version("pulumi-aws"),
    }
    lines = [f"{name} {number}" for name, number in versions.items()]
    spec = find_spec("pulumi_aws")
    if spec and spec.origin and not is_tried(Path(spec.origin).parent):
        known = late_classes.TRIED.strip(".")
        lines[-1] += f" (not tried with this version of Soundstage, which knows {known}: previews are slower)"
    return Answer(versions, say("\n".join(lines)))
