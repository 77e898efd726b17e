"""The policies, one module per subject. A module's policies are found by looking at it; nothing registers itself."""
