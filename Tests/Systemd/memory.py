"""What is in the memory of tokend.service. As root."""

import subprocess


def systemctl(*words):
    return subprocess.run(["systemctl", *words], check=True, capture_output=True, text=True).stdout.strip()


def main_process():
    return systemctl("show", "-p", "MainPID", "--value", "tokend.service")


def found(process, secret):
    """How often it stands in what the process can write to, which is what a core file would have."""
    count = 0
    with open(f"/proc/{process}/maps") as maps, open(f"/proc/{process}/mem", "rb", buffering=0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            if not rights.startswith("rw") or "[v" in line:
                continue
            start, end = (int(place, 16) for place in span.split("-"))
            memory.seek(start)
            try:
                count += memory.read(end - start).count(secret)
            except OSError:
                pass
    return count
