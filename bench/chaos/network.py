"""Network namespaces for robots, each with a link of its own to this machine that can be made to fail."""

import os
import subprocess

# Packets to this address go out and nobody takes them: they are lost in one direction, without a word to the sender.
NOBODY = "02:00:00:00:00:01"


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


def obstacle():
    """Why there can be none; None when they can be made."""
    if os.geteuid() != 0:
        return "it takes root"
    probe = f"casare-probe-{os.getpid()}"
    try:
        made = run("ip", "netns", "add", probe)
    except OSError:
        return "there is no ip (iproute2)"
    if made.returncode:
        return made.stderr.strip()
    run("ip", "netns", "del", probe)
    return None


def netem_obstacle():
    probe = f"cp{os.getpid() % 1000000}"
    if run("ip", "link", "add", probe, "type", "dummy").returncode:
        run("ip", "link", "add", probe, "type", "veth", "peer", "name", f"{probe}x")
    try:
        made = run("tc", "qdisc", "add", "dev", probe, "root", "netem", "loss", "1%")
    except OSError:
        return "there is no tc (iproute2)"
    finally:
        run("ip", "link", "del", probe)
    return made.stderr.strip().splitlines()[0] if made.returncode else None


class Namespace:
    """One robot's network, from which it reaches this machine at the address of `server`."""

    def __init__(self, server, number):
        tag = f"{os.getpid()}-{number}"
        self.name = f"casare-chaos-{tag}"
        self.here, self.there = f"cc{tag}h"[-15:], f"cc{tag}r"[-15:]
        self.ours, self.theirs = f"10.213.{server.net}.{4 * number + 1}", f"10.213.{server.net}.{4 * number + 2}"

    def __enter__(self):
        for command in (
            ["ip", "netns", "add", self.name],
            ["ip", "link", "add", self.here, "type", "veth", "peer", "name", self.there, "netns", self.name],
            ["ip", "address", "add", f"{self.ours}/30", "dev", self.here],
            ["ip", "link", "set", self.here, "up"],
            ["ip", "-n", self.name, "address", "add", f"{self.theirs}/30", "dev", self.there],
            ["ip", "-n", self.name, "link", "set", "lo", "up"],
            ["ip", "-n", self.name, "link", "set", self.there, "up"],
            ["ip", "-n", self.name, "route", "add", "default", "via", self.ours],
        ):
            done = run(*command)
            if done.returncode:
                self.__exit__()
                raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
        return self

    def __exit__(self, *_):
        run("ip", "netns", "del", self.name)
        run("ip", "link", "del", self.here)

    @property
    def prefix(self):
        return ["ip", "netns", "exec", self.name]

    def fail(self, how):
        """Why it does not; None when it does."""
        if how == "cut":
            done = run("ip", "link", "set", self.here, "down")
        elif how == "to-robot":
            done = run("ip", "neigh", "replace", self.theirs, "lladdr", NOBODY, "dev", self.here, "nud", "permanent")
        elif how == "from-robot":
            done = run("ip", "-n", self.name, "neigh", "replace", self.ours, "lladdr", NOBODY, "dev", self.there,
                       "nud", "permanent")
        else:
            done = run("tc", "qdisc", "replace", "dev", self.here, "root", "netem", *how.split())
        return (done.stderr.strip() or f"status {done.returncode}") if done.returncode else None

    def heal(self):
        run("ip", "link", "set", self.here, "up")
        run("ip", "neigh", "del", self.theirs, "dev", self.here)
        run("ip", "-n", self.name, "neigh", "del", self.ours, "dev", self.there)
        run("tc", "qdisc", "del", "dev", self.here, "root")


class Server:
    """An address of this machine by which robots in namespaces reach it, in a network that nobody else has."""

    def __init__(self):
        for net in (number % 254 for number in range(os.getpid(), os.getpid() + 254)):
            self.net, self.address = net, f"10.213.{net}.254"
            if run("ip", "address", "add", f"{self.address}/32", "dev", "lo").returncode == 0:
                return
        raise RuntimeError("none of the networks 10.213.0.0/24 to 10.213.253.0/24 is free")

    def close(self):
        run("ip", "address", "del", f"{self.address}/32", "dev", "lo")
