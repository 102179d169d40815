"""The command ``jdm-stats``: parses, calls, prints.

`jdm_stats.cli.parser` knows the words of every command; each family of commands has a module
of its own and imports what it needs when it runs, so that ``--help`` answers at once.
"""

from jdm_stats.cli.entry import main

__all__ = ["main"]
