"""The simulated cloud on this machine.

It looks like AWS to any tool, costs nothing, and fails on request.
"""
