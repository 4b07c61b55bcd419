"""The page of the command line, written from its parser before Sphinx starts."""

import argparse
import re
from pathlib import Path

from skmer._cli._parser import make_parser

INTRODUCTION = """# Command line

`skmer COMMAND`, or `python -m skmer COMMAND`. Each command has `--help`. A command that fails says why in one
sentence and ends with 1; `check` ends with {incomplete} where a copy lacks something.

This page is written from the commands' own parser at each build of the documentation.
"""


def usage(name, command):
    """The command with what it must be given."""
    needed = [action for action in command._actions if action.required]
    optional = len(needed) < len(command._actions) - 1  # --help does not count
    words = []
    for action in needed:
        value = (action.metavar or action.dest).upper() + (" ..." if action.nargs == "+" else "")
        words.append(" ".join([*action.option_strings[:1], value]))
    return " ".join(["skmer", name, *words, *["[options]"] * optional])


def described(command):
    """The description, with options as code: a dash and a dash would become one."""
    return re.sub(r"(?<!\S)(--[a-z-]+)", r"`\1`", command.description)


def options(parser):
    rows = ["| option | | default |", "|---|---|---|"]
    for action in parser._actions:
        if isinstance(action, argparse._HelpAction):
            continue
        name = (
            ", ".join(f"`{flag}`" for flag in action.option_strings) or f"`{action.metavar or action.dest}`"
        )
        words = (action.help or "").replace("|", "/")
        if action.choices is not None and action.metavar is None:  # else the words have them
            words += f" ({', '.join(f'`{choice}`' for choice in action.choices)})"
        shown = action.default not in (None, [], argparse.SUPPRESS) and not isinstance(action.default, bool)
        rows.append(f"| {name} | {words} | {f'`{action.default}`' if shown else ''} |")
    return "\n".join(rows)


def page():
    from skmer._cli._corpus_commands import INCOMPLETE

    parser = make_parser()
    (commands,) = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    parts = [INTRODUCTION.format(incomplete=INCOMPLETE)]
    for name, command in commands.choices.items():
        parts += [f"## {name}\n", f"{described(command)}\n", f"```text\n{usage(name, command)}\n```\n"]
        parts += [options(command), ""] if len(command._actions) > 1 else []
    return "\n".join(parts)


def setup(app):
    folder = Path(app.srcdir) / "api" / "generated"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "command-line.md").write_text(page(), encoding="utf-8")
    return {"parallel_read_safe": True}
