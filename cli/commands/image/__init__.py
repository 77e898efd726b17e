"""The images that machines are made from.

Baked by recipes, pinned in images.lock.yaml, copied and shared.
"""
