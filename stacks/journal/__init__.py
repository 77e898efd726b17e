"""What was done to a project or a studio: who did it, when, and how it ended. Entries are added beside the state, and never changed."""
