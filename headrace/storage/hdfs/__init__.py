"""Files on HDFS, read only: paths, requests, errors. The only importer of hdfs_native."""
