"""The command line: ``crmcore``, or ``python -m crmcore``."""

from crmcore.cli.main import main

__all__ = ["main"]

if __name__ == "__main__":
    raise SystemExit(main())
