"""Scheduled retraining: from new raw data to a new champion, or to the reasons for keeping the current one."""
