"""The programs, and what is done with them. Other rooms use `deployment` (a project with all that belongs to it: preview, up, down,
status …), `studio_deployment` (the same for the account's own stack), `target` (which cloud and which engine), `results` and `machines`.
Inside: `clouds/` (an account of a cloud, and what can be asked of it), `programs/` (from a project file to components), `account/`
(what is asked of an account, and which permissions are needed), `media/` (what protects work and media) and
`state/` (where a stack's state is, whose it is, how it moves).
"""
