"""Funnels (sales pipelines): stages, stage actions, exit criteria, age limits."""
