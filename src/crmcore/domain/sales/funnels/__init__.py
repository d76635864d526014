"""Funnels (sales pipelines): stages, actions, exit criteria, stage age."""
