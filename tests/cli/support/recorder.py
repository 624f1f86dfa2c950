"""An event listener that writes down what supervisord tells it: python3 -S recorder.py FILE. A line an event."""

import sys


def main(path):
    with open(path, "a", encoding="utf-8") as record:
        while True:
            sys.stdout.write("READY\n")
            sys.stdout.flush()
            header = dict(word.split(":", 1) for word in sys.stdin.readline().split())
            if not header:
                return
            payload = sys.stdin.read(int(header["len"]))
            record.write(f"{header['poolserial']} {header['eventname']} {' '.join(payload.split())}\n")
            record.flush()
            sys.stdout.write("RESULT 2\nOK")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
