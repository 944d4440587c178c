"""Reading of files: one module per kind, each from bytes to a `Content`; `tarazu.register.documents` calls them."""
