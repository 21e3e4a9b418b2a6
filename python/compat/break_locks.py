#!/usr/bin/env python3
"""Takes the place of the prototype's break_locks.py: same arguments, same exit statuses; obsmon does the work."""
import sys

from obsmon.scripts import break_locks

if __name__ == "__main__":
    sys.exit(break_locks())
