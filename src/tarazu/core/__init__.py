"""The words everything shares: codes, periods, sources, tables, measures, checks, errors."""
