"""Images of recipes: baked on a machine of the studio, pinned, copied, and chosen for a project's machines."""
