"""What Soundstage remembers of a project.

The state of its stack: look after it, mend it, hand it to Pulumi's own command.
"""
