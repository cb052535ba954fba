"""Objects of a bucket on S3: paths, requests, credentials from the environment, errors. The only importer of
obstore."""
