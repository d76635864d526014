"""Knowledge base: articles, search, article usage and knowledge gaps."""
