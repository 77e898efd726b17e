"""What is asked before anything is changed: does the account, and this machine, allow what the plan does?

`checks` is the table of what is looked at, `judgements` says what each answer means, `run` asks everything at once and refuses an
`up`, `waiting` asks for a larger quota and waits for it.
"""
