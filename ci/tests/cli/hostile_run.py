#!/usr/bin/env python3
"""Makes a run directory that is up to no good, out of a good one.

    hostile_run.py GOOD NEW [NUMBER]

The number says which evil stands where."""
import csv
import os
import shutil
import sys

EVILS = [
    "<script>window.hacked=1</script>",
    '"><img src=x onerror="window.hacked=2">',
    "'><svg onload=window.hacked=3>",
    "=HYPERLINK(\"http://127.0.0.1/\",\"x\")",
    "</style><script>window.hacked=4</script>",
    "</textarea></title><script>window.hacked=5</script>",
    "javascript:window.hacked=6",
    "&lt;b&gt; \x1b[31m \u202e %s%n%d",
    "-->]]><!--",
]


def change(path, fields, shift):
    """Puts an evil text into each cell of these columns (None: of all)."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    number = 0
    for row in rows[1:]:
        for i, name in enumerate(rows[0]):
            if (fields is None or name in fields) and row[i]:
                # The same name each time, so that cases stay cases.
                row[i] = EVILS[(sum(map(ord, row[i])) + shift) % len(EVILS)]
                number += 1
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    assert number


def main(good, new, shift="0"):
    shutil.copytree(good, new)
    names = {"mechanism", "placement", "payload", "settings", "sched", "reason", "relation"}
    for name in ("results.csv", "summary.csv"):
        change(os.path.join(new, name), names, int(shift))
    with open(os.path.join(new, "environment.csv"), "a", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        for key in ("host.name", "cpu.model", "cpu.count", "kernel.release", "hypervisor",
                    "time.utc", "load.1", "steal.percent", "run.disturbed", "build.commit",
                    "option.seed", "option.mechanisms", "mitigation.evil"):
            writer.writerow([key, EVILS[len(key) % len(EVILS)]])
        for evil in EVILS:
            writer.writerow([evil, evil])
            writer.writerow(["mitigation." + evil, evil])
            writer.writerow(["option." + evil, evil])
            writer.writerow(["placement." + evil, evil])
    os.makedirs(os.path.join(new, "figures"), exist_ok=True)
    with open(os.path.join(new, "figures", "percentiles-shared-l3.svg"), "w") as file:
        file.write("<svg xmlns='http://www.w3.org/2000/svg'>" + EVILS[0] + "</svg>")
    with open(os.path.join(new, "topology.xml"), "w") as file:
        file.write("<topology>" + EVILS[0] + "</topology>")


if __name__ == "__main__":
    main(*sys.argv[1:])
