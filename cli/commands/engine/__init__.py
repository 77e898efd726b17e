"""The Pulumi engine, which builds real clouds.

Nothing here is needed for the simulated cloud.
"""
