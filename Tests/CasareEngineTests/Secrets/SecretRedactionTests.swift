import CasareDomain
import FoundationEssentials
import Synchronization
import Testing

@testable import CasareEngine

/// What people read of a run has no secret in it, in whatever form.
struct SecretRedactionTests {
    private static let password = "p4ss \"wörd\"/+1"

    private static let forms: [String] = [
        Self.password, String(Value.string(Self.password).jsonText(.compact).dropFirst().dropLast()),
        "p4ss%20%22w%C3%B6rd%22%2F%2B1", "p4ss+%22w%C3%B6rd%22%2F%2B1",
        // As programs write it that escape more, and JSON in JSON.
        "p4ss%20%22w%c3%b6rd%22%2f%2b1", #"p4ss \"w\u00f6rd\"/+1"#, #"p4ss \"w\u00f6rd\"\/+1"#,
        #"p4ss \\\"w\u00f6rd\\\"/+1"#, #"p4ss \\\"w\\u00f6rd\\\"/+1"#, "70347373202277c3b67264222f2b31",
        Data(Self.password.utf8).base64EncodedString(),
        Data("ann:\(Self.password)".utf8).base64EncodedString(), Data("x\(Self.password)".utf8).base64EncodedString(),
        Data("xy\(Self.password)yz".utf8).base64EncodedString(),
    ]

    @Test func `a value is hidden in all of its forms, wherever the run shows it`() async throws {
        let run = SecretRun(["db": ["username": "ann", "password": SecretText(Self.password)]])
        for form in Self.forms {
            let told = Mutex<[String]>([])
            let (result, failure) = try await run.run(
                document(
                    [
                        "use": ("ActNode", ["name": "{{$secret:db}}"]),
                        "keep": ("SetNode", ["name": "x", "value": "<{{form}}>"]),
                        "log": ("LogNode", ["message": "sent {{form}} by ann"]),
                        "fail": ("FailNode", ["message": "bad {{form}}"]),
                    ], ["use > keep", "keep > log", "log > fail"]), variables: ["form": .string(form)],
                onEvent: { event in
                    switch event {
                    case .log(_, _, let message), .warning(_, let message): told.withLock { $0.append(message) }
                    case .stepFinished(_, _, let error): told.withLock { $0.append(error ?? "") }
                    case .stepStarted: break
                    }
                })
            let core = form.dropFirst(4).dropLast(4)
            let shown =
                result.logs + [result.error ?? "", failure?.message ?? ""] + result.nodeErrors.map(\.error)
                + told.withLock { $0 }
                + [
                    Value.object(result.variables).jsonText(.compact),
                    Value.object(result.nodeOutputs ?? [:]).jsonText(.compact),
                ]
            for text in shown {
                #expect(!text.contains(core) && !text.contains("wörd"), "\(text)")
            }
            #expect(result.logs.first?.contains("***") == true && result.logs.first?.hasSuffix("by ann") == true)
            #expect(failure?.message.hasPrefix("bad ") == true && failure?.message.contains("***") == true)
        }
    }

    @Test func `a value is hidden where it is a key of what came from outside`() {
        let masking = Masking([], derived: ["hunter2xyz", "out"])
        let shown = masking.masked(["out": ["hunter2xyz": "ann", "out": "hunter2xyz"], "hunter2xyz": 1] as Object)
        // Names that the workflow and node types give, and short ones, stay.
        #expect(shown == ["out": ["***": "ann", "out": "***"], "hunter2xyz": 1])
    }

    @Test func `a private key is hidden line by line`() async throws {
        let lines = ["MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", "BKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"]
        let key = "-----BEGIN PRIVATE KEY-----\n\(lines.joined(separator: "\n"))\n-----END PRIVATE KEY-----\n"
        let run = SecretRun(["ssh": ["private_key": SecretText(key)]])
        let (result, _) = try await run.run(
            document(
                [
                    "use": ("ActNode", ["name": "{{$secret:ssh}}"]),
                    "log": ("LogNode", ["message": .string("read: \(lines[1])")]),
                ], ["use > log"]))
        #expect(result.logs == ["read: ***"])
    }

    @Test func `a run that has secrets hides what is called one, and another does not`() async throws {
        func nodes(using name: Value) -> KeyValuePairs<String, (String, Object)> {
            [
                "use": ("ActNode", ["name": name]),
                "keep": ("SetNode", ["name": "session_token", "value": "abcdefgh"]),
                "more": ("SetNode", ["name": "answer", "value": ["api_key": "12345678", "count": 3]]),
                "log": ("LogNode", ["message": "Authorization: Bearer abcdefgh, count=3"]),
            ]
        }
        let edges = ["use > keep", "keep > more", "more > log"]
        let run = SecretRun(["db": ["value": "anything"]])
        let (result, _) = try await run.run(document(nodes(using: "{{$secret:db}}"), edges))
        #expect(result.variables["session_token"] == "***")
        #expect(result.variables["answer"] == ["api_key": "***", "count": 3])
        #expect(result.logs == ["Authorization: Bearer ***, count=3"])
        let (open, _) = try await SecretRun().run(document(nodes(using: "nothing"), edges))
        #expect(open.variables["session_token"] == "abcdefgh")
        #expect(open.logs == ["Authorization: Bearer abcdefgh, count=3"])
    }

    @Test func `an observer sees neither what a node is given nor what it makes of it`() async throws {
        let run = SecretRun(["db": ["username": "ann", "password": "hunter2xyz"]])
        let seen = Mutex<[String]>([])
        var environment = RunEnvironment(workingDirectory: "/tmp")
        environment.secrets = { _ in ["db": .found(["username": "ann", "password": "hunter2xyz"])] }
        environment.observer = RunObserver(
            nodeStarted: { visit in seen.withLock { $0.append(Value.object(visit.inputs).jsonText(.compact)) } },
            nodeFinished: { end in seen.withLock { $0.append(Value.object(end.outputs).jsonText(.compact)) } })
        let json = document(
            ["a": ("SignInNode", ["credential_name": "db"]), "b": ("ActNode", ["name": "x{{$secret:db}}y"])], ["a > b"])
        _ = try await RunDriver(
            program: try run.program(json), runID: "r", options: Job.Options(), variables: [:], journal: NoJournal(),
            environment: environment
        ).run()
        let texts = seen.withLock { $0 }
        #expect(run.world.effects == ["ann:hunter2xyz", "xhunter2xyzy"])
        #expect(texts.count == 4 && !texts.contains { $0.contains("hunter2xyz") }, "\(texts)")
        #expect(texts[0].contains("ann"))
    }

    @Test(
        arguments: [
            ("pin=1234, card_pin: 99, cvv=123", "pin=***, card_pin: ***, cvv=***"),
            ("pwd=x, spin=1", "pwd=***, spin=1"),
            ("password=abc", "password=***"), ("password: 'a b' x", "password: '***' x"),
            (#"{"api_key": "a\"b", "n": 1}"#, #"{"api_key": "***", "n": 1}"#), ("token=", "token="),
            ("token:", "token:"),
            ("Authorization: Basic YTpi ok", "Authorization: Basic *** ok"),
            ("access_token=a&b=c", "access_token=***&b=c"),
            ("secret = x; y", "secret = ***; y"), ("count: 3", "count: 3"), ("10:30 token", "10:30 token"), ("", ""),
            ("postgres://ann:pw@host/db", "postgres://***@host/db"), ("X-Api-Key: k1", "X-Api-Key: ***"),
            ("pässword: x", "pässword: x"), ("use {{$secret:shop}}", "use {{$secret:shop}}"),
        ])
    func `texts are read for what they call secret`(text: String, shown: String) {
        #expect(KeyedText.masked(text) == shown)
    }
}
