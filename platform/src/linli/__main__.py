"""``python -m linli``: the command, wherever the script of that name is not on the path."""

from linli.cli import main

main()
