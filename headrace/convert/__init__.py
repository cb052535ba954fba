"""Tables as TFRecord files, WebDataset tars and data sets of Hugging Face."""
