"""What is in an account by our tags or names and on no state: what it costs, whose it can be, and how it goes."""
