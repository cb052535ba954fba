"""Objects in S3 buckets: paths, requests, credentials from the environment, errors. The only importer of obstore."""
