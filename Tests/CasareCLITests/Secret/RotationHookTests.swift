import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareCLI

/// Commands that bring a new value to where it is used.
struct RotationHookTests {
    /// As casarectl begins: the signal of a pipe that nobody reads would end the process.
    init() { StandardStreams.prepare() }

    private static func run(_ command: String, _ input: String = "{}", timeout: Duration = .seconds(60)) async throws {
        try await RotationHook(command: command, timeout: timeout).run(SecretText(input))
    }

    @Test func `it is told on stdin, as JSON, and neither in arguments nor in the environment`() async throws {
        try await withTemporaryDirectory { folder in
            let input = RotationHook.input(of: "db/prod", version: 7, ["password": SecretText("hunter2\"\n")])
            let hook = RotationHook(
                command: "cat > \(folder)/in; tr '\\0' '\\n' < /proc/$$/environ > \(folder)/env; "
                    + "tr '\\0' '\\n' < /proc/$$/cmdline > \(folder)/argv", timeout: .seconds(60))
            try await hook.run(input)
            let told = try Value(parsingJSON: Array(try Data(contentsOf: URL(filePath: "\(folder)/in"))))
            #expect(told == ["name": "db/prod", "version": 7, "fields": ["password": "hunter2\"\n"]])
            for file in ["env", "argv"] {
                let text = String(decoding: try Data(contentsOf: URL(filePath: "\(folder)/\(file)")), as: UTF8.self)
                #expect(!text.contains("hunter2"))
            }
        }
    }

    @Test func `one that reads nothing of what it is told works all the same`() async throws {
        // More than a pipe holds.
        try await Self.run("exec <&-; exit 0", String(repeating: "x", count: 300_000))
    }

    @Test(arguments: [("exit 3", "status 3"), ("kill -9 $$", "signal 9"), ("no-such-program", "status 127")])
    func `any end but 0 is a failure that says how it ended`(command: String, how: String) async throws {
        let failure = await #expect(throws: RotationHook.Failure.self) { try await Self.run(command) }
        #expect(failure?.description.contains(how) == true)
    }

    @Test func `one that does not end in time is ended, with all that it has started`() async throws {
        try await withTemporaryDirectory { folder in
            let command = "sleep 1000 & echo $! > \(folder)/pid; wait"
            let failure = await #expect(throws: RotationHook.Failure.self) {
                try await Self.run(command, timeout: .seconds(1))
            }
            #expect(failure?.description.contains("was ended") == true)
            let text = String(decoding: try Data(contentsOf: URL(filePath: "\(folder)/pid")), as: UTF8.self)
            let child = try #require(text.split(whereSeparator: \.isNewline).first)
            try await eventually("process \(child) has ended") {
                let stat = try? Data(contentsOf: URL(filePath: "/proc/\(child)/stat"))
                // A zombie has ended; whoever inherited it has not looked yet.
                return stat.map { String(decoding: $0, as: UTF8.self).contains(") Z ") } ?? true ? true : nil
            }
        }
    }
}

/// What is said while jobs hold an older version.
struct ConsumerLinesTests {
    private let start = ContinuousClock.now

    @Test func `a line comes with each change, and every ten seconds`() {
        var lines = ConsumerLines(version: 4, rewrites: false)
        #expect(lines.saw(3, isPartial: false, at: self.start) == "waiting: 3 jobs hold an older version than 4\n")
        #expect(lines.saw(3, isPartial: false, at: self.start + .seconds(9.9)) == nil)
        #expect(lines.saw(3, isPartial: false, at: self.start + .seconds(10)) != nil)
        #expect(
            lines.saw(1, isPartial: false, at: self.start + .seconds(11))
                == "waiting: 1 job holds an older version than 4\n")
        #expect(
            lines.saw(0, isPartial: false, at: self.start + .seconds(12))
                == "no running job holds an older version than 4\n")
    }

    @Test func `on a terminal the line is written over`() {
        var lines = ConsumerLines(version: 4, rewrites: true)
        #expect(
            lines.saw(200, isPartial: true, at: self.start)
                == "\rwaiting: more than 200 jobs hold an older version than 4\u{1B}[K")
        #expect(
            lines.saw(0, isPartial: false, at: self.start)
                == "\r\u{1B}[Kno running job holds an older version than 4\n")
    }
}

/// Where values come from.
struct SecretInputTests {
    @Test(arguments: [
        ("password", SecretFieldArgument.Source.prompt), ("password=", .prompt), ("password=prompt", .prompt),
        ("password=-", .input(.standardInput)), ("password=@a/b", .input(.file("a/b"))),
        ("password=hunter2", .refused), ("password=@", .refused),
    ])
    func `a field says where its value comes from`(argument: String, source: SecretFieldArgument.Source) {
        let field = SecretFieldArgument(argument)
        #expect(field.name == "password" && field.source == source)
    }

    @Test(arguments: ["password=hunter2", "hunter2!", "=hunter2"])
    func `a value in its place is refused, and not repeated`(argument: String) {
        let failure = #expect(throws: CommandFailure.self) { try SecretFieldArgument(argument).check() }
        #expect(failure?.status == .usage && failure?.message.contains("hunter2") == false)
    }

    @Test(arguments: [
        ("a\n", "a"), ("a\r\n", "a"), ("a", "a"), ("a\nb\n", "a\nb\n"), (" a \n", " a "), ("a\n\n", "a\n\n"),
    ])
    func `of one line its end is taken away, and of several nothing`(text: String, value: String) throws {
        let read = try SecretInput.text(Array(text.utf8), of: "stdin")
        #expect(read == SecretText(value))
    }

    @Test(arguments: [[], [0x0A], [0x0D, 0x0A], [0xFF, 0xFE]] as [[UInt8]])
    func `what is empty or no text is refused`(bytes: [UInt8]) {
        #expect(throws: CommandFailure.self) { try SecretInput.text(bytes, of: "stdin") }
    }
}
