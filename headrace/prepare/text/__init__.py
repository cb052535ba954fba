"""Turn raw text into clean text, and clean text into token ids."""
