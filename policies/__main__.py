"""`pulumi preview --policy-pack policies/` starts this file."""

from soundstage.policies.crossguard import serve

serve()
