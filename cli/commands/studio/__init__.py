"""The account's own stack, shared by its projects.

Audit trail, log archive, keys and guard-rails. One per cloud account.
"""
