"""The command: ``python -m tests.programmes.power``."""

import sys

from tests.programmes.power.power import SABOTAGES, play
from tests.programmes.programme import run

sys.exit(run("POWER", play, n=1_000, sabotages=SABOTAGES))
