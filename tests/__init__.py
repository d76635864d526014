"""The tests mirror `src`; `reliability` holds long-running checks, `stories` the acceptance stories."""
