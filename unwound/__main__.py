"""`python -m unwound`: the command, also where its script has another name (as on Windows)."""

from unwound.cli import main

if __name__ == "__main__":
    main()
