"""The tests: they mirror `src` by the same words; `programmes` prove promises in bulk, `stories` tell what users do."""
