"""Pure functions from plans, events and reports to text."""
