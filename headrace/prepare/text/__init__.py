"""Raw text -> clean text -> numbers of tokens."""
