"""The genuine engine, driven through the Automation API: `engine.PulumiEngine`; `install` and `versions` say what there is of it on this
machine.
"""
