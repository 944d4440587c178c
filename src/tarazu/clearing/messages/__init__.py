"""Payment messages: ISO 20022 in and out, and orders as CSV or JSON."""
