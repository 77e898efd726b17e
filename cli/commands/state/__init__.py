"""What Soundstage remembers of a project.

The state of its stack: check it, repair it, export it for Pulumi's own command.
"""
