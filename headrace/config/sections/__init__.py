"""The sections of the configuration: one model per section, each key with its default and description."""
