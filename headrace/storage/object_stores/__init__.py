"""Objects on S3, Google Cloud Storage and Azure: paths, requests, credentials, errors. The only importer of obstore."""
