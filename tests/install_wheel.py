"""Install a wheel into an empty environment and run its demo: ``python tests/install_wheel.py WHEEL``.

It takes minutes and the packages of the demo; ``make wheel`` calls it. It fails where the demo imports
anything of the checkout, or ends with another code than 0.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def run(*command, folder):
    # No path of the checkout: what is tested is what was installed.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(list(map(str, command)), cwd=folder, env=environment, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("wheel", type=Path)
    wheel = parser.parse_args().wheel.resolve()
    with tempfile.TemporaryDirectory() as folder:
        venv.create(Path(folder, "venv"), with_pip=True)
        python = Path(folder, "venv", "Scripts" if os.name == "nt" else "bin", "python")
        pip = (python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
        run(*pip, "--constraint", ROOT / "constraints.txt", f"{wheel}[demo]", folder=folder)
        where = "import skmer, sys; sys.exit(not skmer.__file__.startswith(sys.prefix))"
        run(python, "-c", where, folder=folder)
        run(python, "-m", "skmer", "demo", "--n-subjects", 4, "--n-clips", 24, folder=folder)
        written = sorted(path.name for path in Path(folder, "demo-output").iterdir())
    print(f"{wheel.name}: installed, and its demo wrote {', '.join(written)}")
    return 0 if "result.json" in written else 1


if __name__ == "__main__":
    sys.exit(main())
