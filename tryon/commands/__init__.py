"""The command line, one file for each family of commands; each module declares its own in ``add``."""
