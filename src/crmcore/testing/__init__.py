"""What adapters promise, as tests. It ships with crmcore, so that whoever writes an adapter can run the very suite that ours run.

- `contract`: `StoreContract`, to be subclassed with one method and the names of what the store offers; `promises` holds what it promises, by theme.
- `agreement`: two stores told the same stories, step by step, and compared.
- `strategies`: Hypothesis strategies for people, money and requests in five languages.
- `samples`: small records to fill a store with.

A clock that stands still and ids that count are production adapters: `crmcore.adapters.clocks.FrozenClock` and
`crmcore.adapters.ids.SequentialIds`.
"""

import pytest

pytest.register_assert_rewrite(
    "crmcore.testing.differential", "crmcore.testing.contract.suite", "crmcore.testing.contract"
)
