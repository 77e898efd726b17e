"""Make calls fail on purpose, for tests.

Throttling, no capacity, lost connections and more: faults that a real cloud has too.
"""
