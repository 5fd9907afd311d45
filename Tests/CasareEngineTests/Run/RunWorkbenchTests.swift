import CasareDomain
import Synchronization
import Testing

@testable import CasareEngine

/// What somebody who looks on at a run can see and do beyond watching it go by.
struct RunWorkbenchTests {
    let world = World()

    private final class Notes: Sendable {
        let starts = Mutex<[NodeVisit]>([])
        let ends = Mutex<[NodeVisitEnd]>([])

        var observer: RunObserver {
            RunObserver(
                nodeStarted: { visit in self.starts.withLock { $0.append(visit) } },
                nodeFinished: { end in self.ends.withLock { $0.append(end) } })
        }

        /// `node -> port` of each end.
        var ways: [String] { self.ends.withLock { $0.map { "\($0.node) -> \($0.port ?? "nowhere")" } } }

        func visits(of node: String) -> [NodeVisit] { self.starts.withLock { $0.filter { $0.node == node } } }
    }

    private static let clock = ClockReading(secondsSince1970: 0, utcOffsetSeconds: 0)

    private func run(
        _ json: Value, _ observer: RunObserver, variables: Object = [:], selection: RunSelection = .whole
    ) async throws -> RunResult? {
        var environment = RunEnvironment(workingDirectory: "/tmp", observer: observer)
        environment.sleep = { _ in }
        let driver = RunDriver(
            program: try self.world.program(json), runID: "run", options: Job.Options(), variables: variables,
            selection: selection, journal: NoJournal(), environment: environment)
        guard case .finished(let result, _, _) = try await driver.run() else { return nil }
        return result
    }

    @Test func `each end says where the run goes on`() async throws {
        let notes = Notes()
        self.world.failNext("act", times: 1)
        _ = try await self.run(
            document(
                [
                    "if": ("IfNode", ["expression": "x > 1"]), "loop": ("ForLoopStartNode", ["items": ["a", "b"]]),
                    "try": ("TryNode", ["paired_catch_id": "catch"]), "act": ("ActNode", ["name": "act"]),
                    "catch": ("CatchNode", ["paired_try_id": "try"]), "set": ("SetNode", ["name": "y"]),
                ],
                [
                    "if.true > loop", "loop.body > try", "try.try_body > act", "catch.catch_body > set",
                ]), notes.observer, variables: ["x": 2])
        #expect(
            notes.ways == [
                "if -> true", "loop -> body", "try -> try_body", "act -> nowhere", "catch -> catch_body",
                "set -> exec_out", "loop -> body", "try -> try_body", "act -> exec_out", "loop -> completed",
            ])
    }

    @Test func `an error that a port is connected for goes there, and a branch is named`() async throws {
        let notes = Notes()
        _ = try await self.run(
            document(
                [
                    "fail": ("FailNode", [:]), "fork": ("ForkNode", [:]), "a": ("SetNode", ["name": "a"]),
                    "b": ("SetNode", ["name": "b"]),
                ], ["fail.error > fork", "fork.branch_1 > a", "fork.branch_2 > b"]), notes.observer)
        #expect(notes.ways == ["fail -> error", "fork -> branch_1", "a -> exec_out", "b -> exec_out"])
        #expect(notes.visits(of: "b").first?.enclosing.map(\.detail) == ["branch_2"])
        #expect(notes.visits(of: "b").first?.enclosing.map(\.total) == [2])
    }

    @Test func `the structures around a node say which pass of how many, and about what`() async throws {
        let notes = Notes()
        var workflow = document(
            [
                "loop": ("ForLoopStartNode", ["items": ["a", "{{secret}}"]]),
                "call": ("CallNode", ["subworkflow_path": "c"]),
            ], ["loop.body > call"], variables: ["secret": ["default_value": "s3cr3t", "sensitive": true]])
        if case .object(var members) = workflow {
            members["subflows"] = ["c": document(["inner": ("SetNode", ["name": "y"])], [])]
            workflow = .object(members)
        }
        _ = try await self.run(workflow, notes.observer)
        let inner = notes.visits(of: "inner")
        #expect(inner.map { $0.enclosing[0].count } == [1, 2])
        #expect(inner.map { $0.enclosing[0].total } == [2, 2])
        #expect(inner.map { $0.enclosing[0].item } == ["a", "***"])
        #expect(inner.first?.enclosing.last?.detail == "test")
    }

    @Test func `what is said of a limit is what was given, not what was left of it`() {
        let limit = TimeLimit(seconds: 0.999_894_714, owner: .job(seconds: 1))
        #expect(limit.message(of: "w") == "Node w was cut off: the job timed out after 1s")
    }

    @Test func `a node that the settings repeat counts its attempts`() async throws {
        let notes = Notes()
        self.world.failNext("act", times: 2)
        _ = try await self.run(
            document(["act": ("ActNode", ["name": "act"])], [], settings: ["retry_count": 3]), notes.observer)
        #expect(notes.visits(of: "act").map(\.attempt) == [1, 2, 3])
    }

    @Test func `expressions are computed with the real values, shown masked, and change nothing`() async throws {
        let seen = Mutex<[String]>([])
        var observer = RunObserver()
        observer.beforeNode = { visit in
            guard visit.node == "b", let scope = visit.scope else { return .proceed }
            func value(_ text: String) throws -> String {
                try scope.value(of: Expression(parsing: text), at: Self.clock).jsonText(.compact)
            }
            let results = [
                try value("n * 2"), try value("a.value"), try value("secret"), try value("none == null"),
                try value("$timestamp"),
                "\(try scope.holds(Expression(parsing: "secret == 's3cr3t'"), at: Self.clock))",
                "\(scope.isReadOnly("fixed"))", "\(scope.outputs(of: "a")?.jsonText ?? "")",
                scope.nodesWithOutputs.joined(separator: ","),
            ]
            seen.withLock { $0 = results }
            return .proceed
        }
        let result = try await self.run(
            document(
                ["a": ("SetNode", ["name": "n", "value": 21]), "b": ("SetNode", ["name": "r", "value": "{{n}}"])],
                ["a > b"],
                variables: [
                    "secret": ["default_value": "s3cr3t", "sensitive": true],
                    "fixed": ["default_value": 1, "readonly": true],
                ]), observer)
        #expect(
            seen.withLock(\.self) == [
                "42", "21", #""***""#, "true", "0", "true", "true", #"{"value":21}"#, "a",
            ])
        #expect(result?.variables["r"] == 21)
    }

    @Test func `variables that are set at a pause count for the node, which is asked about again`() async throws {
        let inputs = Mutex<[Value?]>([])
        var observer = RunObserver()
        observer.beforeNode = { visit in
            guard visit.node == "b" else { return .proceed }
            return inputs.withLock { inputs in
                inputs.append(visit.inputs["value"])
                return inputs.count == 1 ? .set(["n": 5]) : .proceed
            }
        }
        let result = try await self.run(
            document(
                ["a": ("SetNode", ["name": "n", "value": 1]), "b": ("SetNode", ["name": "r", "value": "{{n}}"])],
                ["a > b"]), observer)
        #expect(inputs.withLock(\.self) == [1, 5])
        #expect(result?.variables == ["n": 5, "r": 5])
    }

    @Test func `what goes round or is passed by is no node about to be executed`() async throws {
        let notes = Notes()
        _ = try await self.run(
            document(
                [
                    "loop": ("ForLoopStartNode", ["items": [1, 2]]), "set": ("SetNode", ["name": "x"]),
                    "off": ("SetNode", ["name": "y", "_disabled": true]),
                ], ["loop.body > set", "set > off"]), notes.observer)
        #expect(notes.visits(of: "loop").map(\.isPass) == [false, true, true])
        #expect(notes.visits(of: "set").map(\.isPass) == [false, false])
        #expect(notes.visits(of: "off").map(\.isPass) == [true, true])
    }

    @Test func `progress tells of each step and of the loop around it`() async throws {
        let seen = Mutex<[String]>([])
        var environment = RunEnvironment(workingDirectory: "/tmp")
        environment.onProgress = { position in
            let around = position.enclosing.map { "\($0.node) \($0.count ?? 0)/\($0.total ?? 0)" }
            seen.withLock { $0.append("\(position.executed) \(position.node ?? "") \(around)") }
        }
        _ = try await self.world.driver(
            document(
                ["loop": ("ForLoopStartNode", ["items": ["a", "b"]]), "act": ("ActNode", ["name": "act"])],
                ["loop.body > act"]), environment: environment
        ).run()
        #expect(seen.withLock(\.self) == [#"2 act ["loop 1/2"]"#, #"4 act ["loop 2/2"]"#])
    }

    // MARK: One node alone

    @Test func `a node takes the inputs it is given in place of its config and its connections`() async throws {
        let notes = Notes()
        let program = try self.world.program(
            document(
                ["a": ("SetNode", ["name": "x", "value": 1]), "b": ("SetNode", ["name": "y", "value": "{{x}}"])],
                ["a > b", "a.value > b.value"]))
        let given = try program.giving(["value": "{{not a template}}"], to: "b")
        let driver = RunDriver(
            program: given, runID: "run", options: Job.Options(), variables: [:], selection: .only(node: "b"),
            journal: NoJournal(), environment: RunEnvironment(workingDirectory: "/tmp", observer: notes.observer))
        guard case .finished(let result, nil, _) = try await driver.run() else {
            Issue.record("It failed")
            return
        }
        #expect(result.variables == ["y": "{{not a template}}"])
        #expect(notes.starts.withLock { $0.map(\.node) } == ["b"])
    }

    @Test func `an input that a node does not have is refused, with what was probably meant`() throws {
        let program = try self.world.program(document(["b": ("SetNode", ["name": "y"])], []))
        let near = #expect(throws: UnknownInput.self) { try program.giving(["valu": 1], to: "b") }
        #expect(near?.description == "Node 'b' (SetNode) has no input 'valu'; did you mean 'value'?")
        let far = #expect(throws: UnknownInput.self) { try program.giving(["something": 1], to: "b") }
        #expect(far?.description == "Node 'b' (SetNode) has no input 'something'; it has name, value")
    }

    // MARK: Secrets

    @Test func `what is called a secret is hidden, at any depth`() {
        let object: Object = [
            "password": "p", "access_token": "t", "token_url": "u", "empty_password": "", "max_tokens": 5,
            "headers": ["Authorization": "Bearer x", "Accept": "y"], "api_keys": ["a", "b"],
            "rows": [["secret": "s", "id": 1]],
        ]
        #expect(
            SecretNames.masked(object) == [
                "password": "***", "access_token": "***", "token_url": "u", "empty_password": "", "max_tokens": 5,
                "headers": ["Authorization": "***", "Accept": "y"], "api_keys": ["***", "***"],
                "rows": [["secret": "***", "id": 1]],
            ])
    }

    @Test(
        arguments: [
            (["user": "ann", "password": "p"], nil, ["user": "ann", "password": "***"]),
            ([[["token": "t"]], ["a"]], nil, [[["token": "***"]], ["a"]]),
            ("p", nil, "p"), ("p", "name", "p"), ("p", "password", "***"),
            ([["a", ""], 5], "api_keys", [["***", ""], 5]),
        ] as [(Value, String?, Value)])
    func `a value hides what it and its members are called`(value: Value, name: String?, shown: Value) {
        #expect(SecretNames.masked(value, named: name) == shown)
    }

    /// A scope in which nothing is declared sensitive.
    private static let openScope: ScopeView = {
        let variables = Variables(["login": ["user": "ann", "password": "hunter2"], "api_key": "k-4711", "n": 1])
        variables.setOutputs(["session": ["token": "t-4711", "id": 7]], of: "sign_in")
        return ScopeView(snapshot: variables.snapshot, masking: .nothing)
    }()

    @Test func `variables and outputs that somebody looks at hide what is called a secret`() {
        let scope = Self.openScope
        #expect(scope.variables == ["login": ["user": "ann", "password": "***"], "api_key": "***", "n": 1])
        #expect(scope.variable("login") == ["user": "ann", "password": "***"])
        #expect(scope.variable("api_key") == "***")
        #expect(scope.variable("n") == 1)
        #expect(scope.outputs(of: "sign_in") == ["session": ["token": "***", "id": 7]])
    }

    @Test(
        arguments: [
            ("login", ["user": "ann", "password": "***"]), ("[login]", [["user": "ann", "password": "***"]]),
            ("api_key", "***"), ("login.password", "***"), ("login['password']", "***"), ("{{login.password}}", "***"),
            ("sign_in.session.token", "***"), ("sign_in.session", ["token": "***", "id": 7]), ("login.user", "ann"),
            ("n + 1", 2), ("login.password == 'hunter2'", true),
        ] as [(String, Value)])
    func `what somebody computes is computed with the real values, and hides what is called a secret`(
        expression: String, shown: Value
    ) throws {
        #expect(try Self.openScope.value(of: Expression(parsing: expression), at: Self.clock) == shown)
    }

    @Test func `what a pass is about hides what is called a secret`() {
        let loop = EnclosingStructure(
            kind: .loop, node: "l", workflow: "w", count: 1, item: ["user": "ann", "password": "hunter2"])
        #expect(loop.masked(by: .nothing).item == ["user": "ann", "password": "***"])
    }
}

extension Object {
    fileprivate var jsonText: String { Value.object(self).jsonText(.compact) }
}
