"""Characters: those that look like others, and text for people in which none misleads. It loads nothing else."""
