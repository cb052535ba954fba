"""`headrace inspect --raw`: look at raw data before they are prepared."""
