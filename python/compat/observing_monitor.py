#!/usr/bin/env python3
"""Takes the place of the prototype's observing_monitor.py: same arguments, same exit statuses; obsmon does the work."""
import sys

from obsmon.scripts import observing_monitor

if __name__ == "__main__":
    sys.exit(observing_monitor())
