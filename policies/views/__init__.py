"""Neutral facts about a plan, whatever the spelling of its resources. Checks read these and never raw resources' types."""
