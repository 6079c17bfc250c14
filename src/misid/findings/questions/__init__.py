"""The questions: what is asked, and what is answered; each module is found by itself."""
