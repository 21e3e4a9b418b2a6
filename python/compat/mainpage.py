#!/usr/bin/env python3
"""Takes the place of the prototype's mainpage.py: same arguments, same exit statuses; obsmon does the work."""
import sys

from obsmon.scripts import mainpage

if __name__ == "__main__":
    sys.exit(mainpage())
