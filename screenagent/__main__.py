"""The command `screenagent`; `python -m screenagent` is the same."""

import atexit
import os
import signal
import sys
import threading

from screenagent.warm import client

# Else pydantic looks through every installed package for plugins, which a click would wait for.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def main() -> None:
    client.answered(sys.argv[1:])
    from screenagent import cli

    sys.excepthook = cli.tell_of_crash
    threading.excepthook = lambda crash: cli.tell_of_crash(crash.exc_type, crash.exc_value, crash.exc_traceback)
    atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)  # by then the exit code is decided
    cli.main()


if __name__ == "__main__":
    main()
