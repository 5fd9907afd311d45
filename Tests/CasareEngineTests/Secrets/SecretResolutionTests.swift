import CasareDomain
import Testing

@testable import CasareEngine

/// What nodes are given of secrets, and what becomes of those that are not.
struct SecretResolutionTests {
    private static let fields: SecretFields = ["username": "ann", "password": "hunter2xyz"]

    @Test func `a reference is put in wherever a config has it, and only there`() async throws {
        let run = SecretRun([
            "db/prod": Self.fields, "db/prod.username": ["username": "ann"], "key@3": ["api_key": "{{word}}"],
        ])
        let (result, failure) = try await run.run(
            document(
                [
                    "a": ("ActNode", ["name": "{{$secret:db/prod}}"]),
                    "b": ("ActNode", ["name": "<{{ $secret:db/prod.username }}-{{word}}>"]),
                    // What a secret yields is not looked through, and data is never read as a reference.
                    "c": ("ActNode", ["name": "{{$secret:key@3}} {{data}}"]),
                    "d": ("SetNode", ["name": "list", "value": [["x": "{{$secret:db/prod}}"]]]),
                    "e": ("ActNode", ["name": "{{list[0].x}}"]),
                    "f": ("ScriptNode", ["code": "{{word}} = '{{$secret:db/prod}}'"]),
                    "if": ("IfNode", ["condition": "{{$secret:db/prod}} == 'hunter2xyz' and {{word}} == 'w'"]),
                    "yes": ("ActNode", ["name": "yes"]),
                ],
                ["a > b", "b > c", "c > d", "d > e", "e > f", "f > if", "if.true > yes"],
                variables: ["word": "w"]), variables: ["data": "{{$secret:db/prod}}"])
        #expect(failure == nil, "\(result.error ?? "")")
        #expect(
            run.world.effects == [
                "hunter2xyz", "<ann-w>", "{{word}} {{$secret:db/prod}}", "hunter2xyz", "{{word}} = 'hunter2xyz'", "yes",
            ])
    }

    @Test func `all that the workflow names is asked for once, and not before a node needs it`() async throws {
        let run = SecretRun(["one": ["value": "first"], "two.pin": ["pin": "second"]])
        let workflow = document(
            [
                "plain": ("ActNode", ["name": "plain"]), "if": ("IfNode", ["condition": "{{wanted}}"]),
                "a": ("ActNode", ["name": "{{$secret:one}}"]), "b": ("ActNode", ["name": "{{$secret:two.pin}}"]),
                "c": ("ActNode", ["name": "{{$secret:one}}"]),
            ], ["plain > if", "if.true > a", "a > b", "b > c"])
        _ = try await run.run(workflow, variables: ["wanted": false])
        #expect(run.requests.isEmpty && run.world.effects == ["plain"])
        _ = try await run.run(workflow, variables: ["wanted": true])
        #expect(run.requests.map(\.references) == [["one", "two.pin"]])
        #expect(run.world.effects == ["plain", "plain", "first", "second", "first"])
    }

    @Test func `a workflow that names none has the steps that it had`() async throws {
        let run = SecretRun()
        let journal = MemoryJournal()
        _ = try await run.run(
            document(
                ["a": ("ActNode", ["name": "a"]), "b": ("SignInNode", ["username": "ann", "password": "pw"])], ["a > b"]
            ),
            journal: journal)
        #expect(run.requests.isEmpty)
        #expect(await journal.entries().map(\.node) == ["a", "b"])
        let program = try run.program(document(["b": ("SignInNode", ["username": "ann"])], []))
        #expect(program.secretReferences.isEmpty)
    }

    @Test(arguments: SecretProblem.Kind.allCases)
    func `a secret that is refused fails the node, by its kind`(kind: SecretProblem.Kind) async throws {
        for config in [
            ["credential_name": "mail", "username": "own", "password": "own"],
            ["username": "{{$secret:mail}}"],
        ] as [Object] {
            let run = SecretRun()
            run.give(.refused(SecretProblem(kind, "No.")), for: "mail")
            let plain = try await run.run(document(["a": ("SignInNode", config)], []))
            #expect(plain.failure?.type == kind.rawValue && plain.failure?.message == "No.")
            #expect(plain.failure?.kind == (kind == .unavailable ? .application : .business))
            let handled = try await run.run(
                document(
                    ["a": ("SignInNode", config), "b": ("ActNode", ["name": "{{a.error}}"])], ["a.error > b"]))
            #expect(handled.failure == nil)
            // Nothing was done without the secret, or with what stands for it.
            #expect(run.world.effects == ["No."])
        }
    }

    @Test func `what cannot be had is never left as text`() async throws {
        let run = SecretRun(["many": ["one": "1", "two": "2"], "shop": ["api_key": "k"]])
        for (text, message) in [
            ("{{$secret:No Name}}", "names no secret"), ("{{$secret:gone}}", "There is no secret \"gone\""),
            ("{{$secret:many}}", "several fields (one, two)"),
        ] {
            for type in ["ActNode", "AddNode", "ScriptNode"] {
                let config: Object = type == "ScriptNode" ? ["code": .string(text)] : ["name": .string("a \(text)")]
                let (_, failure) = try await run.run(document(["a": (type, config)], []))
                #expect(failure?.type == "secret_not_found" && failure?.message.contains(message) == true, "\(text)")
            }
            let (_, condition) = try await run.run(document(["a": ("IfNode", ["condition": .string(text)])], []))
            #expect(condition?.message.contains(message) == true, "\(text)")
        }
        let (_, other) = try await run.run(document(["a": ("SignInNode", ["credential_name": "shop"])], []))
        #expect(other?.type == "secret_not_found" && other?.message.contains("it has api_key") == true)
        #expect(run.world.effects.isEmpty)
        let (_, nowhere) = try await run.run(
            document(["a": ("ActNode", ["name": "{{$secret:shop}}"])], []), hasSource: false)
        #expect(nowhere?.type == "secret_unavailable")
    }

    @Test func `a node signs in with its secret, else its config, else a variable`() async throws {
        let run = SecretRun(["mail": Self.fields, "half": ["pwd": "half"]])
        for (config, expected) in [
            (["credential_name": "mail", "username": "own", "password": "own"], "ann:hunter2xyz"),
            (["credential_name": "half", "username": "own", "password": "own"], "own:half"),
            (["credential_name": "half"], "variable:half"), (["username": "own"], "own:word"),
            ([:], "variable:word"), (["credential_name": " "], "variable:word"),
        ] as [(Object, String)] {
            let before = run.world.effects.count
            let (_, failure) = try await run.run(
                document(["a": ("SignInNode", config)], []),
                variables: ["test_username": "variable", "test_password": "word"])
            #expect(failure == nil, "\(failure?.message ?? "")")
            #expect(run.world.effects.dropFirst(before) == [expected], "\(config)")
        }
    }

    @Test func `a name that only the run knows is one that the workflow names, or is denied`() async throws {
        let run = SecretRun(["mail": Self.fields, "other": Self.fields])
        let workflow = document(
            [
                "a": ("SignInNode", ["credential_name": "{{which}}"]),
                "b": ("SignInNode", ["credential_name": "mail"]),
            ], ["a > b"])
        let (_, failure) = try await run.run(workflow, variables: ["which": "mail"])
        #expect(failure == nil && run.world.effects == ["ann:hunter2xyz", "ann:hunter2xyz"])
        let (_, denied) = try await run.run(workflow, variables: ["which": "other"])
        #expect(
            denied?.type == "secret_denied" && denied?.message.contains("does not name the secret \"other\"") == true)
        #expect(run.world.effects.count == 2)
    }

    @Test func `a workflow's own words stand for names, a subflow's before those around it`() async throws {
        let run = SecretRun(["prod/a": ["value": "outer a"], "prod/b": ["value": "outer b"], "inner/b": ["value": "b"]])
        let child = document(
            document(
                ["a": ("ActNode", ["name": "{{$secret:one}}"]), "b": ("ActNode", ["name": "{{$secret:two.value}}"])],
                ["a > b"]), bindings: ["two": "inner/b"])
        run.give(.found(["value": "inner b"]), for: "inner/b.value")
        let json = document(
            document(
                [
                    "a": ("ActNode", ["name": "{{$secret:one}}"]), "b": ("ActNode", ["name": "{{$secret:two}}"]),
                    "call": ("CallNode", ["subworkflow_path": "c.json"]),
                ], ["a > b", "b > call"]), bindings: ["one": "prod/a", "two": "prod/b"], subflows: ["c.json": child])
        let asked = Set(try run.program(json).secretReferences)
        #expect(asked.isSubset(of: SecretReference.named(in: json)), "a robot is given what is named there alone")
        let (result, failure) = try await run.run(json)
        #expect(failure == nil, "\(result.error ?? "")")
        #expect(run.world.effects == ["outer a", "outer b", "outer a", "inner b"])
    }
}
