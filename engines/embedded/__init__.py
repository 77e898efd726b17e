"""The embedded engine: `engine.EmbeddedEngine`. A program's registrations arrive at `monitor`, are decided in `steps`, carried
out by `executor` and remembered in `state`.
"""
