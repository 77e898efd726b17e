"""The kinds of step that a recipe is made of. Each kind is one file: what it asks of a machine, and what follows from the answers."""
