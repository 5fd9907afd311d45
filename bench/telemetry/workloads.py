"""What is run: a job that does next to nothing, and one that does what jobs do."""

PASSES, WAIT_MS = 20, 20
TEXT = "Invoice 4711 of ACME Ltd, due on 2026-01-31, total 1,234.50 EUR; " * 4

NOOP = {
    "metadata": {"name": "no-op"},
    "nodes": {"done": {
        "node_id": "done", "node_type": "SetVariableNode", "config": {"variable_name": "x", "value": 1}}},
    "connections": [],
}


def working():
    """Ten nodes: a loop of twenty passes over texts, a wait such as a small request takes, and what becomes of it."""
    nodes = {
        "text": ("SetVariableNode", {"variable_name": "text", "value": TEXT}),
        "each": ("ForLoopStartNode", {"mode": "range", "end": PASSES, "item_var": "number"}),
        "replace": ("TextReplaceNode", {"text": "{{text}}", "old_value": "4711", "new_value": "{{number}}"}),
        "count": ("IncrementVariableNode", {"variable_name": "n"}),
        "next": ("ForLoopEndNode", {"paired_start_id": "each"}),
        "wait": ("WaitNode", {"duration_ms": WAIT_MS}),
        "capitals": ("TextCaseNode", {"text": "{{text}}", "case": "upper"}),
        "words": ("TextCountNode", {"text": "{{text}}", "mode": "words"}),
        "joined": ("ConcatenateNode", {"string_1": "{{text}}", "string_2": "{{n}}"}),
        "done": ("SetVariableNode", {"variable_name": "x", "value": 1}),
    }
    links = [("text", "exec_out", "each"), ("each", "body", "replace"), ("replace", "exec_out", "count"),
             ("count", "exec_out", "next"), ("each", "completed", "wait"), ("wait", "exec_out", "capitals"),
             ("capitals", "exec_out", "words"), ("words", "exec_out", "joined"), ("joined", "exec_out", "done")]
    return {
        "metadata": {"name": "working"},
        "nodes": {name: {"node_id": name, "node_type": kind, "config": config}
                  for name, (kind, config) in nodes.items()},
        "connections": [{"source_node": source, "source_port": port, "target_node": target, "target_port": "exec_in"}
                        for source, port, target in links],
    }


class Workload:
    def __init__(self, document, slots, jobs, quick_jobs):
        self.document = document
        self.name = document["metadata"]["name"]
        self.slots = slots
        self.jobs = jobs
        self.quick_jobs = quick_jobs


# The no-op job keeps both processors busy, so that whatever it costs is seen; the other one waits as jobs do.
WORKLOADS = {workload.name: workload for workload in (
    Workload(NOOP, 16, 20_000, 3_000), Workload(working(), 8, 4_000, 600))}
