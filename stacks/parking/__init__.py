"""Machines that are put away while nobody works on them, and come back as they were."""
