"""What can be made to go wrong on a machine with these programs, and why the rest cannot."""

import re
import subprocess

import clocks
import database as databases
import network
import plan as plans


def abilities(programs):
    """What can be done, and why what cannot be done is left out."""
    can, cannot = set(plans.FAULTS) - {"network", "disk-full", "clock", "pause-job"}, {}
    points = point_obstacle(programs)
    obstacles = {
        "network": network.obstacle(), "disk-full": databases.disk_obstacle(), "clock": clocks.obstacle(),
        "fail-points": points, "late-write": points,
        "pause-job": None if knows(programs, "pause") else "casarectl has no job pause",
    }
    for name, obstacle in obstacles.items():
        if obstacle:
            cannot[name] = obstacle
        else:
            can.add(name)
    if "network" in can:
        obstacle = network.netem_obstacle()
        if obstacle:
            cannot["netem (loss and delay)"] = obstacle
        else:
            can.add("netem")
    if knows(programs, "resolve"):
        can.add("resolve")
    else:
        cannot["answers to steps in doubt"] = "casarectl has no job resolve; such steps are skipped or fail"
    return can, cannot


def knows(programs, verb):
    """Whether jobs have this verb."""
    done = subprocess.run([f"{programs}/casarectl", "job", "--help"], capture_output=True, text=True, check=False)
    return bool(re.search(rf"^\s+{verb}\b", done.stdout, re.MULTILINE))


def point_obstacle(programs):
    """Programs built for use do not know of fail points; others refuse one that is none, before they look for anybody."""
    told = {"PATH": "/usr/bin:/bin", "CASARE_FAULTS": "nowhere", "CASARE_URL": "http://127.0.0.1:1", "CASARE_TOKEN": "none",
            "CASARE_SHUTDOWN_GRACE": "0"}
    try:
        tried = subprocess.run([f"{programs}/casare-robot"], env=told, capture_output=True, text=True, timeout=3, check=False)
    except subprocess.TimeoutExpired:
        return "the programs are built for use (a debug build has them)"
    if "CASARE_FAULTS" in tried.stderr:
        return None
    return f"casare-robot does not say whether it knows of them: {tried.stderr.strip()[-200:]}"
