"""What every room needs and belongs to none: `errors` (the one tree of exceptions), `values` (what travels between a program,
an engine, a provider and a plan), `files` (reading and writing files that somebody else named), `words` (text of others made safe
to show), `home` (where Soundstage keeps what it must remember), `clouds` (their names) and `wrong_clock`. Imports no other room.
"""
