"""The engines that Headrace runs on: their supported and installed versions, and a filter for their log noise."""
