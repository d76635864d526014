"""Knowledge: writing answers down, finding them, and seeing which questions have none."""
