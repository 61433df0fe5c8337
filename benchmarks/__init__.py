"""Measurements, side by side with others; they gate no test run."""
