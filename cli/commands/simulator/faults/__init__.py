"""Make it fail on purpose.

Throttling, no capacity, lost connections and more: what a real cloud does on a bad day.
"""
