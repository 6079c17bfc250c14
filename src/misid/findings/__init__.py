"""The fifteen answers, with count, interval and main doubt."""
