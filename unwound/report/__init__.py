"""A review as somebody reads it: `as_json` for programs, `page` for the chart, `terminal` for the eye."""
