import CasareDomain
import FoundationEssentials
import Testing

@testable import CasareEngine

/// What a sensitive start variable holds does not stand in the journal.
struct JournalSealTests {
    private static let variables: Object = [
        "password": ["default_value": "hunter2xyz", "sensitive": true],
        "pin": ["default_value": 4711, "sensitive": true], "rate": ["default_value": 0.125, "sensitive": true],
        "long": ["default_value": "hunter2xyz and more", "sensitive": true],
        "flag": ["default_value": "no", "sensitive": true], "plain": "open text",
        "login.x": ["default_value": ["user": "ann-7", "keys": ["first key", 90210]], "sensitive": true],
    ]

    private static func seal(given: Object = [:]) throws -> JournalSeal {
        let workflow = document(["one": ("ActNode", [:])], [], variables: Self.variables)
        return try #require(JournalSeal(of: try World().program(workflow), given: given))
    }

    /// A step that nothing is asked of but its number.
    private static func step() throws -> Interpreter.Step {
        let program = try World().program(document(["one": ("ActNode", [:])], []))
        return Interpreter.Step(
            index: 3, node: program.nodes[0], inputs: Inputs(names: [], values: []), work: .node, timeoutSeconds: nil,
            onRecovery: nil)
    }

    @Test(
        arguments: [
            ("hunter2xyz", "{{$sealed:password}}"),
            ("-hunter2xyz-hunter2xyz", "-{{$sealed:password}}-{{$sealed:password}}"),
            ("<hunter2xyz and more>", "<{{$sealed:long}}>"), (4711, "{{$sealed int:pin}}"),
            (4711.0, "{{$sealed double:pin}}"), (0.125, "{{$sealed double:rate}}"), ("pin 4711", "pin {{$sealed:pin}}"),
            ("ann-7: first key", "{{$sealed:login%2Ex.0}}: {{$sealed:login%2Ex.1}}"),
            (["a": ["hunter2xyz", true]], ["a": ["{{$sealed:password}}", true]]), ("no", "no"), (nil, nil),
            ("open text", "open text"), ("{{$sealed:password}}", "{{$sealed}}:password}}"),
            ("{{$sealed{{hunter2xyz}}", "{{$sealed}}{{{{$sealed:password}}}}"), ("{{$seale", "{{$seale"),
        ] as [(Value, Value)])
    func `a reference stands for what it was, kind and all`(value: Value, written: Value) throws {
        let seal = try Self.seal()
        for result in [
            StepResult.succeeded(NodeResult(["value": value], port: "true")),
            .failed(NodeFailure("NodeError", value.displayText, outputs: ["value": value], isBusiness: true)),
        ] {
            let sealed = seal.sealed(result)
            let json = sealed.json
            #expect(json["outputs"]?["value"]?.jsonText() == written.jsonText())
            // As it comes back from the database.
            let opened = try seal.opened(StepResult(json: json), of: try Self.step())
            #expect(opened == result)
            #expect(opened.json.jsonText() == result.json.jsonText())
        }
    }

    @Test func `a reference is resolved by the value that the run has`() throws {
        let sealed = try Self.seal().sealed(.succeeded(NodeResult(["value": "hunter2xyz"])))
        let other = try Self.seal(given: ["password": "another one"])
        #expect(
            try other.opened(sealed, of: try Self.step()) == .succeeded(NodeResult(["value": "another one"])))
    }

    @Test func `a reference to what the run does not have is no part of its journal`() throws {
        let sealed = try Self.seal().sealed(.succeeded(NodeResult(["value": "hunter2xyz"])))
        let without = try Self.seal(given: ["password": nil])
        let error = #expect(throws: JournalMismatch.self) { try without.opened(sealed, of: try Self.step()) }
        #expect(error?.step == 3)
        #expect(error?.description.contains("'password'") == true)
    }

    @Test func `what a called workflow's document gives to its sensitive variables is sealed, too`() throws {
        var workflow = document(
            ["call": ("CallNode", ["subworkflow_path": "c.json"])], [], variables: ["plain": "open text"])
        if case .object(var members) = workflow {
            members["subflows"] = [
                "c.json": document(
                    ["act": ("ActNode", ["name": "act"])], [],
                    variables: ["token": ["default_value": "hunter2xyz", "sensitive": true]])
            ]
            workflow = .object(members)
        }
        let seal = try #require(JournalSeal(of: try World().program(workflow), given: [:]))
        let result = StepResult.succeeded(NodeResult(["value": "<hunter2xyz>"]))
        let sealed = seal.sealed(result)
        #expect(sealed.json["outputs"]?["value"] == "<{{$sealed:c%2Ejson..token}}>")
        #expect(try seal.opened(sealed, of: try Self.step()) == result)
    }

    @Test func `what is made of a document alone seals as what is made of its program`() throws {
        var workflow = document(
            ["call": ("CallNode", ["subworkflow_path": "c.json"])], [], variables: Self.variables)
        if case .object(var members) = workflow {
            members["subflows"] = [
                "c.json": document(
                    ["act": ("ActNode", ["name": "act"])], [],
                    variables: ["token": ["default_value": "s3cret token", "sensitive": true]])
            ]
            workflow = .object(members)
        }
        let given: Object = ["pin": 815]
        let seal = try #require(JournalSeal(of: try World().program(workflow), given: given))
        let other = try #require(
            JournalSeal(ofDocument: workflow.jsonText(), given: given, catalogue: World().catalogue))
        for result in [
            .succeeded(NodeResult(["a": ["hunter2xyz, s3cret token", 815, "{{$sealed"]], port: "true")),
            .failed(NodeFailure("InDoubtError", "hunter2xyz", outputs: ["b": "first key"], isBusiness: true)),
        ] as [StepResult] {
            let sealed = other.sealed(stored: result.json)
            #expect(sealed.jsonText() == seal.sealed(result).json.jsonText())
            #expect(!sealed.jsonText().contains("hunter2xyz"))
        }
        // What a call has handed over.
        var members = try #require(document(["one": ("ActNode", [:])], [], variables: Self.variables).object)
        members["inputs"] = [["name": "rate"]]
        let called = try #require(
            JournalSeal(
                ofDocument: Value.object(members).jsonText(),
                given: [CallOrigin.variable: CallOrigin(depth: 1, inputs: ["rate": "handed over"]).value],
                catalogue: World().catalogue))
        let handed = called.sealed(stored: StepResult.succeeded(NodeResult(["a": "<handed over>"])).json)
        #expect(handed["outputs"]?["a"] == "<{{$sealed:rate}}>")
        // A node that is not known here is no reason to write a secret down.
        let strange = document(["one": ("NoSuchNode", [:])], [], variables: Self.variables)
        let isSealed = JournalSeal(ofDocument: strange.jsonText(), given: [:], catalogue: World().catalogue) != nil
        #expect(isSealed)
        let open = document(["one": ("ActNode", [:])], [], variables: ["plain": "open text"])
        let isOpen =
            JournalSeal(
                ofDocument: open.jsonText(), given: ["plain": "x"], catalogue: World().catalogue) == nil
        #expect(isOpen)
    }

    @Test func `a workflow without sensitive variables writes what there is`() throws {
        let workflow = document(["one": ("ActNode", [:])], [], variables: ["plain": "open text"])
        let isSealed = JournalSeal(of: try World().program(workflow), given: ["plain": "x"]) != nil
        #expect(!isSealed)
    }

    @Test func `no secret of a run stands in its journal, and a run that takes over has it all the same`() async throws
    {
        let workflow = document(
            [
                "try": ("TryNode", ["paired_catch_id": "catch"]), "call": ("ActNode", ["name": "{{password}}"]),
                "bad": ("ActNode", ["name": "bad-{{password}}"]), "catch": ("CatchNode", [:]),
                "last": ("ActNode", ["name": "{{call.done}}/{{catch.error_message}}"]),
            ], ["try.try_body > call", "call > bad", "catch.catch_body > last"],
            variables: ["password": ["default_value": "", "sensitive": true]])
        let world = World()
        world.failNext("bad-hunter2xyz", times: 1)
        let journal = RunDriverTests.RecordingJournal()
        let conclusion = try await world.driver(workflow, variables: ["password": "hunter2xyz"], journal: journal).run()
        guard case .finished(_, nil, let entries) = conclusion else {
            Issue.record("\(conclusion)")
            return
        }
        let all = await journal.all + entries
        #expect(all.count == 4)
        for entry in all { #expect(entry.result?.json.jsonText().contains("hunter2") != true) }

        // The robot was lost before the last step began.
        let second = World()
        _ = try await second.driver(
            workflow, variables: ["password": "hunter2xyz"], journal: MemoryJournal(all.filter { $0.step < 2 })
        ).run()
        #expect(second.effects == ["hunter2xyz/bad-hunter2xyz failed"])
        #expect(second.effects == Array(world.effects.suffix(1)))
    }
}
