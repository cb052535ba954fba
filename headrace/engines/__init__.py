"""The engines that Headrace runs on: which versions are supported and installed, and their log lines that say
nothing."""
