"""Where a stack's state is kept, whose it is, and how it is moved, found again and given other keys."""
