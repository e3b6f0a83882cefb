"""``python -m halo.generators --load FILE ...``: the command line for the generators of a file."""

from halo.generators.command import command

command()
