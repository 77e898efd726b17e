"""What the clock does with a project's machines, as its file says it: when it starts each next, and on which days it does not."""
