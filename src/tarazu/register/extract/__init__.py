"""The rules by which `tarazu.register.extraction` reads a text, one module for one kind of suggestion."""
