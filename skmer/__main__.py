"""``python -m skmer``."""

from skmer._cli import main

if __name__ == "__main__":
    raise SystemExit(main())
