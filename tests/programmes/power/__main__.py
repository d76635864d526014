"""The command: ``python -m tests.programmes.power``."""

import sys

from tests.programmes.power.power import MUTATIONS, check
from tests.programmes.programme import run

sys.exit(run("POWER", check, n=1_000, mutations=MUTATIONS))
