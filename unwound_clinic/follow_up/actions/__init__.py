"""What the months after a course write: agreements, askings, answers and calls."""
