"""What an engine says it will do, and what is made of it: `plan` (the model), `saved` (a reviewed plan on disk) and `terraform`
(Terraform-plan JSON for other people's tools). Knows no engine, no project file and no cloud.
"""
