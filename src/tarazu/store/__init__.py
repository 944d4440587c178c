"""The SQL database that several engines share: opening, migrating, one writer at a time, fast bulk inserts."""
