"""The fifteen questions: what is asked, and what is answered."""
