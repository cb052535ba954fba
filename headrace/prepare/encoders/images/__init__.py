"""Images: bytes of a file to pixels of the configured size and mode, and pixels to stored bytes."""
