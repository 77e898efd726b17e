"""The language of project and studio files. Other rooms read a file with `spec`, know a project by `project_file.Project` and
a studio by `studio_file.Studio`, and find files with `project_paths`. `yamlfile` keeps the line of every value, `field_types` says
what a value may be, `relations` what values must be to each other, `faults` how all that is wrong is told at once; `hours` knows
when machines run, `residency` where data may live, `studio_text` and `bucket_address` where a state is kept. `schema/` is for
editors, `templates/` for `init`.
"""
