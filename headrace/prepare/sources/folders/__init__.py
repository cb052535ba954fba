"""Files in folders: listed, read, excluded, ignored; labels files, and what looks like an accident."""
