"""What is done where a zone has no machine of the wanted type free: `order` says what is tried next, `climbing` tries it, `refusing` says
what a person can do."""
