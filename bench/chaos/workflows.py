"""Workflows with effects of which it is known how often each must be in the ledger."""


# A step that the engine cuts off may have happened, and nothing repeats it unasked: jobs have this limit for each. A request's
# own limit is longer than the ledger's longest pause, or shorter than any: see `impatient`.
STEP_SECONDS, REQUEST_SECONDS, IMPATIENT_SECONDS = 5, 60, 1
# What a workflow says of an effect: how often the ledger must have it when the job has completed.
ONCE, AT_MOST_ONCE = "once", "at most once"


class Flow:
    """A document under construction: parts are added one after another."""

    def __init__(self, name):
        self.document = {"metadata": {"name": name}, "nodes": {}, "connections": [], "subflows": {}}
        self.ends = []  # Ports that lead on to the next part.
        self.effects = {}  # Label to how often.
        self.caught = set()  # Labels of effects whose failure the workflow gets over: those may never have happened.
        self.variables = {}  # What the result must have.
        self.drawn = {}  # Variables of the result that must equal what the ledger has of a label.
        self.recorded = {}  # Variables of the result that must equal what the journal has of a node.
        self.programs = {}  # Node to label, of effects that the ledger cannot know by their step.
        self.children = 0  # Calls that are jobs of their own.
        self.may_fail = False  # Of a step in doubt, unless somebody answers.

    def node(self, name, kind, after=None, **config):
        self.document["nodes"][name] = {"node_id": name, "node_type": kind, "config": config}
        for end in self.ends if after is None else [after]:
            self.link(end, name)
        self.ends = [f"{name}.exec_out"]
        return name

    def link(self, end, target):
        source, port = end.split(".")
        self.document["connections"].append(
            {"source_node": source, "source_port": port, "target_node": target, "target_port": "exec_in"})


class Writer:
    """Writes the parts of workflows.

    `recoveries`: what becomes of an effect in doubt. `impatient`: requests have a limit that the ledger's pauses exceed."""

    def __init__(self, rng, ledger_url, script, file, recoveries, impatient):
        self.rng = rng
        self.ledger_url = ledger_url
        self.script = script
        self.file = file
        self.recoveries = recoveries
        self.request_seconds = IMPATIENT_SECONDS if impatient else REQUEST_SECONDS

    def recovery(self, flow, labels):
        choice = self.rng.choice(self.recoveries)
        flow.may_fail = flow.may_fail or choice == "fail"
        for label in labels:
            # A step that is skipped may have happened or not.
            flow.effects[label] = ONCE if choice == "ask" else AT_MOST_ONCE
        return choice

    def post(self, flow, name, label, labels=None, after=None, **body):
        """An effect over HTTP. The ledger knows it by its idempotency key, the job's ID and the step's number."""
        recovery = self.recovery(flow, labels or [label])
        return flow.node(
            name, "HttpRequestNode", after, url=f"{self.ledger_url}/effect", method="POST", timeout=self.request_seconds,
            body={"label": label, **body}, on_recovery=recovery)

    def append(self, flow, name, label, after=None):
        """An effect by a program, which is not the robot's child any more when that is killed."""
        recovery = self.recovery(flow, [label])
        flow.programs[name] = label
        return flow.node(
            name, "RunCommandNode", after, command="/bin/sh",
            args=[self.script, self.file, "{{_job_id}}", label], timeout=REQUEST_SECONDS, on_recovery=recovery)

    # Parts

    def loops(self, flow, tag):
        """Nested loops around an effect, and a sum that must come out right."""
        outer, inner = self.rng.randint(1, 3), self.rng.randint(1, 3)
        flow.node(f"{tag}o", "ForLoopStartNode", mode="range", end=outer, item_var=f"{tag}i")
        flow.node(f"{tag}n", "ForLoopStartNode", f"{tag}o.body", mode="range", end=inner, item_var=f"{tag}j")
        labels = [f"{tag}-{i}-{j}" for i in range(outer) for j in range(inner)]
        self.post(flow, f"{tag}post", f"{tag}-{{{{{tag}i}}}}-{{{{{tag}j}}}}", labels, after=f"{tag}n.body")
        flow.node(f"{tag}add", "IncrementVariableNode", variable_name=f"{tag}sum", increment=1)
        flow.node(f"{tag}ne", "ForLoopEndNode", paired_start_id=f"{tag}n")
        flow.node(f"{tag}oe", "ForLoopEndNode", f"{tag}n.completed", paired_start_id=f"{tag}o")
        flow.ends = [f"{tag}o.completed"]
        flow.variables[f"{tag}sum"] = outer * inner

    def caught(self, flow, tag):
        """An effect before an error, and one in its Catch."""
        flow.node(f"{tag}t", "TryNode", paired_catch_id=f"{tag}c")
        self.post(flow, f"{tag}before", f"{tag}-before", after=f"{tag}t.try_body")
        flow.caught.add(f"{tag}-before")
        flow.node(f"{tag}throw", "ThrowErrorNode", error_message="as it should")
        flow.ends = []
        flow.node(f"{tag}c", "CatchNode", paired_try_id=f"{tag}t")
        self.post(flow, f"{tag}handled", f"{tag}-handled", after=f"{tag}c.catch_body")
        flow.ends = [f"{tag}t.exec_out"]

    def retried(self, flow, tag):
        """A body that fails a few times, with an effect each time."""
        times = self.rng.randint(1, 2)
        labels = [f"{tag}-{number}" for number in range(1, times + 2)]
        flow.node(f"{tag}r", "RetryNode", max_attempts=times + 1, initial_delay=0.2, backoff_multiplier=1)
        flow.node(f"{tag}add", "IncrementVariableNode", f"{tag}r.retry_body", variable_name=f"{tag}tries")
        self.post(flow, f"{tag}post", f"{tag}-{{{{{tag}tries}}}}", labels)
        flow.node(f"{tag}if", "IfNode", expression=f"{{{{{tag}tries}}}} > {times}")
        flow.node(f"{tag}good", "RetrySuccessNode", f"{tag}if.true")
        flow.node(f"{tag}bad", "RetryFailNode", f"{tag}if.false")
        flow.ends = [f"{tag}r.success"]
        flow.variables[f"{tag}tries"] = times + 1
        flow.caught.update(labels[:-1])

    def forked(self, flow, tag):
        """A branch that fails ends alone: the job's result tells of it."""
        flow.node(f"{tag}f", "ForkNode", branch_count=2, paired_join_id=f"{tag}j")
        self.post(flow, f"{tag}one", f"{tag}-one", after=f"{tag}f.branch_1")
        first = flow.ends
        self.append(flow, f"{tag}two", f"{tag}-two", after=f"{tag}f.branch_2")
        flow.ends += first
        flow.node(f"{tag}j", "JoinNode", paired_fork_id=f"{tag}f")
        flow.caught.update((f"{tag}-one", f"{tag}-two"))

    def called(self, flow, tag):
        """A workflow within the run."""
        child = Flow(f"{tag}sub")
        child.node("start", "StartNode")
        self.post(child, "post", f"{tag}-sub")
        flow.document["subflows"][f"{tag}.json"] = child.document
        flow.node(f"{tag}call", "SubflowNode", subflow_path=f"{tag}.json")
        flow.effects.update(child.effects)
        flow.caught.update(child.caught)
        flow.may_fail = flow.may_fail or child.may_fail

    def child(self, flow, tag):
        """A workflow that is a job of its own, and is waited for."""
        child = Flow(f"{tag}child")
        self.post(child, "post", "child")
        flow.document["subflows"][f"{tag}.json"] = child.document
        flow.node(f"{tag}call", "CallSubworkflowNode", subworkflow_path=f"{tag}.json", execution_mode="async",
                  poll_interval=1, timeout_seconds=600)
        flow.children += 1
        flow.may_fail = flow.may_fail or child.may_fail

    def waited(self, flow, tag):
        flow.node(f"{tag}wait", "WaitNode", duration=round(self.rng.uniform(0.1, 2.0), 2))

    def drawn(self, flow, tag):
        """A number by chance: the effect that saw it and the result must agree on it."""
        self.draw(flow, tag)
        self.post(flow, f"{tag}post", f"{tag}-drawn", value=f"{{{{{tag}drawn}}}}")
        flow.drawn[f"{tag}drawn"] = f"{tag}-drawn"

    def draw(self, flow, tag):
        flow.node(f"{tag}draw", "RandomNumberNode", min_value=0, max_value=1_000_000_000, integer_only=True)
        flow.node(f"{tag}keep", "SetVariableNode", variable_name=f"{tag}drawn", value=f"{{{{{tag}draw.result}}}}")
        flow.recorded[f"{tag}drawn"] = f"{tag}draw"

    def repeatable(self, flow, tag):
        """What may happen more than once: the ledger has it under another name and nobody counts it."""
        flow.node(f"{tag}put", "HttpRequestNode", url=f"{self.ledger_url}/repeatable", method="PUT", timeout=REQUEST_SECONDS,
                  body={"label": tag})
        flow.node(f"{tag}get", "HttpRequestNode", url=f"{self.ledger_url}/look", method="GET", timeout=REQUEST_SECONDS)

    def program(self, flow, tag):
        self.append(flow, f"{tag}run", f"{tag}-run")

    def overtaken(self, name):
        """A workflow in which one robot overtakes another: two effects that are skipped when in doubt, a number by chance that no
        commit follows before the end, and then a while in which whoever runs it is still at it."""
        flow = Flow(name)
        flow.node("start", "StartNode")
        asking, self.recoveries = self.recoveries, ["skip"]
        self.post(flow, "first", "first")
        self.post(flow, "second", "second")
        self.recoveries = asking
        self.draw(flow, "l")
        flow.node("slow", "HttpRequestNode", url=f"{self.ledger_url}/slow", method="GET", timeout=REQUEST_SECONDS)
        return flow

    def workflow(self, name, fails, may_call):
        """A workflow of a few parts by chance; `fails`: it ends with an error, and is tried twice; `may_call`: it may have
        jobs of its own."""
        flow = Flow(name)
        flow.node("start", "StartNode")
        parts = [self.loops, self.caught, self.retried, self.forked, self.called, self.child, self.waited, self.drawn,
                 self.repeatable, self.program]
        for number, part in enumerate(self.rng.sample(parts, self.rng.randint(2, 4))):
            part = part if may_call or part != self.child else self.called
            part(flow, f"{'abcd'[number]}{part.__name__[0]}")
        if fails:
            self.post(flow, "last", "last")
            flow.node("fail", "ThrowErrorNode", error_message="as it should")
        if not flow.document["subflows"]:
            del flow.document["subflows"]
        return flow


