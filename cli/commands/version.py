"""Show which version this is."""

from soundstage.cli.answer import Answer, say


def command() -> Answer:
    import platform
    from importlib.metadata import version

    versions = {
        "soundstage": version("soundstage"),
        "python": platform.python_version(),
        "pulumi": version("pulumi"),
        "pulumi-aws": version("pulumi-aws"),
    }
    return Answer(versions, say("\n".join(f"{name} {number}" for name, number in versions.items())))
