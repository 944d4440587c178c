"""What was promised, by whom, by when, with what evidence: an append-only stream of dated events and its views."""
