"""Knowledge: what the house knows, written down once and found again; which article answered what, and which questions none answers."""
