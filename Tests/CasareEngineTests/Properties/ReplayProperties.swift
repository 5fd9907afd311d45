import CasareDomain
import CasareEngine
import FoundationEssentials
import Testing

/// A run that goes on from any point of its journal does what is left, and ends as it would have ended.
struct ReplayProperties {
    /// Workflows of nested structures with steps of every class in them.
    private struct Builder {
        var generator: Generator
        var nodes: [(String, Value)] = []
        var edges: [Value] = []
        private var loops = 0

        init(seed: UInt64) { self.generator = Generator(seed: seed) }

        mutating func workflow() -> Value {
            _ = self.chain(length: 4, depth: 3)
            return [
                "metadata": ["name": "random"], "nodes": .object(Object(self.nodes)), "connections": .list(self.edges),
                "variables": ["out": "", "n": 0],
                "settings": [
                    "stop_on_error": .bool(self.generator.chance(oneIn: 2)),
                    "retry_count": .int(self.generator.chance(oneIn: 4) ? 1 : 0),
                ],
                "subflows": [
                    "s": [
                        "nodes": [
                            "read": ["node_type": "ReadNode"],
                            "set": ["node_type": "SetNode", "config": ["name": "r", "value": "{{read.value}}"]],
                        ],
                        "connections": [["out": ["read", "exec_out"], "in": ["set", "exec_in"]]],
                        "outputs": [["name": "r", "type": "ANY"]],
                    ]
                ],
            ]
        }

        private mutating func add(_ type: String, _ config: Object = [:]) -> String {
            let id = "n\(self.nodes.count)"
            var config = config
            if self.generator.chance(oneIn: 25) { config["_disabled"] = true }
            self.nodes.append((id, ["node_type": .string(type), "config": .object(config)]))
            return id
        }

        private mutating func connect(_ source: String, _ port: String, _ target: String) {
            self.edges.append(["out": [.string(source), .string(port)], "in": [.string(target), "exec_in"]])
        }

        /// Several blocks one after another; where they begin.
        private mutating func chain(length: Int, depth: Int) -> String? {
            var first: String?
            var ends: [(String, String)] = []
            for _ in 0..<self.generator.int(1...length) {
                let (start, next) = self.block(depth: depth)
                for (node, port) in ends { self.connect(node, port, start) }
                first = first ?? start
                ends = next
            }
            return first
        }

        private mutating func body(_ node: String, _ port: String, depth: Int) {
            if let start = self.chain(length: 3, depth: depth - 1) { self.connect(node, port, start) }
        }

        /// A node with what is inside it, and the ports at which it goes on.
        private mutating func block(depth: Int) -> (start: String, ends: [(String, String)]) {
            switch self.generator.int(0...(depth > 0 ? 15 : 7)) {
            case 0, 1:
                return self.leaf("AddNode", ["name": "out", "text": self.generator.pick(["a", "{{n}}", "{{item}}"])])
            case 2:
                return self.leaf(
                    "SetNode", ["name": "n", "value": self.generator.pick([1, "{{n}}", "{{prev.value}}"])])
            case 3: return self.leaf("ActNode", ["name": .string("act\(self.generator.int(1...3))")])
            case 4: return self.leaf("WriteNode", ["name": .string("write\(self.generator.int(1...3))")])
            case 5: return self.leaf("ReadNode")
            case 6: return self.leaf("SetNode", ["name": "t", "value": "{{$timestamp}}"])
            case 7:
                let bad = self.generator.chance(oneIn: 2)
                return bad ? self.leaf("FailNode", ["message": "{{n}}"]) : self.leaf("ActNode", ["name": "bad"])
            case 8:
                let node = self.add("IfNode", ["condition": self.generator.pick(["{{n}} == 1", "len(out) > 5", true])])
                self.body(node, "true", depth: depth)
                self.body(node, "false", depth: depth)
                return (node, [(node, "exec_out"), (node, "true")])
            case 9:
                let node = self.add(
                    "ForLoopStartNode", ["items": self.generator.pick([[1, 2], [], ["a": 1, "b": 2], "xy"])])
                self.loops += 1
                self.body(node, "body", depth: depth)
                self.loops -= 1
                return (node, [(node, "completed")])
            case 10:
                let node = self.add(
                    "EachNode", ["items": [1, 2], "fail_fast": .bool(self.generator.chance(oneIn: 3))])
                let loops = self.loops
                self.loops = 0
                self.body(node, "body", depth: depth)
                self.loops = loops
                return (node, [(node, "completed")])
            case 11: return self.attempt(depth)
            case 12:
                let node = self.add("RetryNode", ["max_attempts": 2, "initial_delay": 0])
                self.body(node, "retry_body", depth: depth)
                return (node, [(node, "success")] + (self.generator.chance(oneIn: 2) ? [(node, "failed")] : []))
            case 13: return self.fork(depth)
            case 14:
                let node = self.add("CallNode", ["subworkflow_path": "s"])
                return (node, [(node, "exec_out")])
            default:
                guard self.loops > 0 else { return self.leaf("ReadNode") }
                return self.leaf(self.generator.pick(["BreakNode", "ContinueNode"]))
            }
        }

        private mutating func leaf(_ type: String, _ config: Object = [:]) -> (String, [(String, String)]) {
            let node = self.add(type, config)
            return (node, [(node, "exec_out")])
        }

        private mutating func attempt(_ depth: Int) -> (String, [(String, String)]) {
            if self.generator.chance(oneIn: 3) {
                let node = self.add("OnErrorNode")
                for port in ["protected_body", "on_error", "finally"] { self.body(node, port, depth: depth) }
                return (node, [(node, "exec_out")])
            }
            let node = self.add("TryNode")
            self.body(node, "try_body", depth: depth)
            let handler = self.add(
                "CatchNode",
                [
                    "paired_try_id": .string(node),
                    "error_types": self.generator.pick(["", "NetworkError", "OtherError"]),
                ])
            self.body(handler, "catch_body", depth: depth)
            if self.generator.chance(oneIn: 2) {
                let last = self.add("FinallyNode", ["paired_try_id": .string(node)])
                self.body(last, "finally_body", depth: depth)
            }
            return (node, [(node, "exec_out")])
        }

        private mutating func fork(_ depth: Int) -> (String, [(String, String)]) {
            let node = self.add("ForkNode", ["fail_fast": .bool(self.generator.chance(oneIn: 4))])
            let loops = self.loops
            self.loops = 0
            for port in ["branch_1", "branch_2"] { self.body(node, port, depth: depth) }
            self.loops = loops
            let join = self.add("JoinNode", ["paired_fork_id": .string(node)])
            return (node, [(join, "exec_out")])
        }
    }

    /// A run to its end, or to a question.
    private struct Ending {
        var conclusion: String
        var result: String
        var effects: [String]
        var journal: [JournalEntry]
        var commits: [[JournalEntry]]
    }

    private static func run(_ json: Value, after journal: [JournalEntry] = []) async throws -> Ending {
        // What was read before is in the journal; the world goes on from there.
        let world = World(reads: journal.count { $0.nodeType == "ReadNode" })
        world.failNext("bad", times: .max)
        let recording = RunDriverTests.RecordingJournal(journal)
        let conclusion = try await world.driver(
            json, journal: recording,
            environment: RunEnvironment(
                workingDirectory: "/tmp", now: { Date(timeIntervalSince1970: 1e9) }, sleep: { _ in },
                executionsMax: 2000)
        ).run()
        var ending = Ending(conclusion: "", result: "", effects: world.effects, journal: [], commits: [])
        let rest: [JournalEntry]
        switch conclusion {
        case .finished(let result, let failure, let entries):
            ending.conclusion = "finished \(failure?.message ?? "well")"
            ending.result = Value.object(result.json).jsonText()
            rest = entries
        case .inDoubt(let question, _, let entries):
            ending.conclusion = "in doubt of \(question.node)"
            rest = entries
        case .interrupted(let entries):
            ending.conclusion = "interrupted"
            rest = entries
        }
        await recording.record(rest)
        ending.journal = await recording.all
        ending.commits = await recording.commits
        return ending
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `a journal stands for the run that wrote it`(seed: UInt64) async throws {
        for number in 0..<40 as Range<UInt64> {
            var builder = Builder(seed: seed << 32 + number)
            let workflow = builder.workflow()
            let first = try await Self.run(workflow)
            // Everything is known: nothing is done again, and the end is the same.
            let again = try await Self.run(workflow, after: first.journal)
            #expect(again.conclusion == first.conclusion, "\(workflow.jsonText())")
            #expect(again.result == first.result, "\(workflow.jsonText())")
            #expect(again.effects.isEmpty, "\(workflow.jsonText())")

            // The robot died after some of its commits.
            guard !first.commits.isEmpty else { continue }
            let survived = Array(first.commits.prefix(builder.generator.int(0...first.commits.count)).joined())
            var bySteps: [Int: JournalEntry] = [:]
            for entry in survived { bySteps[entry.step] = entry }
            let journal = bySteps.values.sorted { $0.step < $1.step }
            let resumed = try await Self.run(workflow, after: journal)
            let lost = journal.contains { $0.effect == .effect && $0.result == nil }
            if lost {
                #expect(resumed.conclusion.hasPrefix("in doubt"), "\(workflow.jsonText())")
                #expect(resumed.effects.isEmpty, "\(workflow.jsonText())")
            } else {
                #expect(resumed.conclusion == first.conclusion, "\(workflow.jsonText())")
                #expect(resumed.result == first.result, "\(workflow.jsonText())")
                let done = journal.count { Self.succeeded($0) }
                #expect(resumed.effects == Array(first.effects.dropFirst(done)), "\(workflow.jsonText())")
            }
        }
    }

    private static func succeeded(_ entry: JournalEntry) -> Bool {
        guard entry.effect == .effect || entry.effect == .idempotent, case .succeeded = entry.result else {
            return false
        }
        return true
    }
}
