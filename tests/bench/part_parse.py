"""The part of `run` about supervisord's longest answer, read by libkeenlance."""

import statistics
import subprocess
import xmlrpc.client

from measuring import Row
from ordered_startup import Round
from watched import listed

PROCESSES = 10_000
PARSE_TARGET = 60.0  # ms
SIZE_TARGET = 4.0  # of the text's


def part_parse(tools):
    text = xmlrpc.client.dumps((listed(range(20_000, 20_000 + PROCESSES)),), methodresponse=True)
    with Round() as case:
        path = case.dir / "list.xml"
        path.write_text(text, encoding="utf-8")
        told = subprocess.run([tools.floor("parse_list"), str(path), str(tools.rounds)], capture_output=True, text=True,
                              check=True).stdout.splitlines()
    size, processes, _ = map(int, told[0].split())
    assert processes == PROCESSES, f"{processes} processes were found in the list"
    looked, parsed, decoded = (statistics.median(column) / 1e6
                               for column in zip(*(map(int, line.split()) for line in told[1:-1])))
    megabytes, grown = size / 2**20, int(told[-1]) / 2**20
    tools.note(f"{megabytes:.1f} MB of XML: memchr {looked:.1f} ms, parsed in {parsed:.1f} ms, a list made of that in "
               f"{decoded:.1f} ms; grew by {grown:.0f} MB, {grown / megabytes:.1f} x the text")
    return [Row(f"a list of {PROCESSES:,} processes ({megabytes:.0f} MB of XML) parsed, beside memchr", "ms", parsed,
                looked, most=PARSE_TARGET, short=f"parse {PROCESSES:,} processes"),
            Row("memory for that, beside the text", "MB", grown, megabytes, most_ratio=SIZE_TARGET,
                short="memory to parse them")]
