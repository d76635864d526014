"""The demo: a company that installs windows lives through three months, on its own simulated clock, by the public API alone."""
