"""Testing kit for adapters: contract suite, differential tests, data.

- `contract.suite`: `StoreContract`, a pytest suite; a subclass provides `make_store()` and its `capabilities`.
- `differential.machine`: `DifferentialMachine`, which compares stores step by step on random commands.
- `strategies`: Hypothesis strategies for people, money and requests in five languages.
- `samples`: sample records.

The fixed clock and sequential ids are production adapters: `crmcore.adapters.clocks.FrozenClock` and
`crmcore.adapters.ids.SequentialIds`.
"""

import pytest

pytest.register_assert_rewrite("crmcore.testing.differential", "crmcore.testing.contract")
