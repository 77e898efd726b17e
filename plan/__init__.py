"""What an engine says it will do, and what is made of it: `plan` (the model), `saved` (a reviewed plan on disk), `terraform`
(Terraform-plan JSON for other people's tools) and `diagram` (a picture for people who do not read clouds). Knows no engine, no project file and no cloud.
"""
