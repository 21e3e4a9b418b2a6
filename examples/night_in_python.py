"""Prints what needs attention in one night of a stream:  night_in_python.py INPUT_DIR NIGHT"""
import sys

import obsmon


def main(input_dir: str, night: str) -> None:
    report = obsmon.observe_night(input_dir=input_dir, night=night, grace=0)
    print(f"{report.night}: {report.summary}")
    for file in report.needs_attention:
        print(f"{file['path']}: {file['reason']}")


if __name__ == "__main__":
    main(*sys.argv[1:])
