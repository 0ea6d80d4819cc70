"""Pure translation between the outside and the library's records: text in, records out, no files and no network."""
