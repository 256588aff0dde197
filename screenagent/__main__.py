"""The command `screenagent`; `python -m screenagent` is the same."""

from screenagent.cli import main

if __name__ == "__main__":
    main()
