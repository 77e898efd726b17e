"""From a project file or a studio file to components, and what has to be looked up before: zones, images, the studio's outputs."""
