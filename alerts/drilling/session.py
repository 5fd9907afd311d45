"""One connection to the database that stays open: for what holds locks."""

import secrets
import subprocess


class Session:
    """psql, which is told what to do on its standard input. What it has begun is rolled back when it is closed."""

    def __init__(self, database, name):
        self.child = subprocess.Popen(
            [f"{database.bindir}/psql", "-XqAt"], env=database.environment(name), text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def sql(self, text):
        """Its rows as text, and its errors; waits until it is done."""
        mark = secrets.token_hex(8)
        self.child.stdin.write(f"{text};\n\\echo {mark}\n")
        self.child.stdin.flush()
        lines = []
        for line in self.child.stdout:
            if line.strip() == mark:
                break
            lines.append(line)
        return "".join(lines).strip()

    def close(self):
        self.child.kill()
        self.child.wait()
        self.child.stdin.close()
        self.child.stdout.close()
