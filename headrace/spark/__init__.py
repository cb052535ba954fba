"""The Spark session, its slots and properties, its Java, and the daemon that forks its Python workers."""
