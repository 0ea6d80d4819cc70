"""The web application of a pain clinic, on top of the library; it begins with a later issue."""
