"""The ways into a machine: its display, a shell, and files both ways.

`door` opens sessions and lets the person in, `display`, `shell` and `copying` are what people do with it. Sessions run in a thread of
their own (`background`), so that the rest is written plainly.
"""
