"""Machine images: what is in them (recipes), how they are made over SSH, and which one is meant where (pins)."""
