"""The Spark session, its slots, properties and Java, and the daemon that forks its Python workers."""
