"""The sections of the configuration: one model a section, each key with its default and its meaning."""
