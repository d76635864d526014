"""The command: ``python -m tests.reliability.power_loss``."""

import sys

from tests.reliability.harness import run
from tests.reliability.power_loss.power_cuts import MUTATIONS, check

sys.exit(run("POWER", check, n=1_000, mutations=MUTATIONS))
