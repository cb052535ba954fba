"""Raw records in tables: files and Delta folders that Spark reads, databases by JDBC, datasets of Petastorm."""
