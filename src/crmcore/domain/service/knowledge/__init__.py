"""Knowledge base: articles, their usages, and knowledge gaps."""
