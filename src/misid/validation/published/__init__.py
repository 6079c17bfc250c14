"""Predictions of published figures from other published figures."""
