"""Another name for a project: what people call it changes, and nothing in the cloud does."""
