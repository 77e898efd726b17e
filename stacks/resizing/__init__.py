"""Another size for a machine that keeps its disks: its project file is changed, and brought up."""
