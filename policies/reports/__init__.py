"""Report formats. Each module renders one, from a `Report` and whether colour is wanted."""

RENDERERS: dict = {}
