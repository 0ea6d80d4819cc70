"""The web application of a pain clinic, on top of the library: docs/explanation/the-house.md says what is where."""
