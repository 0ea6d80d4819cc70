"""One patient as a readable TOML file: `read_case`, `write_case`, and the schema of the format."""

from unwound.exchange.case_file.reading import Case, read_case
from unwound.exchange.case_file.schema import case_schema
from unwound.exchange.case_file.writing import write_case

__all__ = ["Case", "case_schema", "read_case", "write_case"]
