import ArgumentParser
import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

struct ParsingTests {
    private static let id = "01890000-0000-7000-8000-000000000001"

    private static func parse<Command: ParsableCommand>(
        _ line: String, as type: Command.Type = Command.self
    ) throws -> Command {
        try #require(try Casarectl.parseAsRoot(line.split(separator: " ").map(String.init)) as? Command)
    }

    @Test(arguments: [
        "submit w.json --var a=1 --var b:=[1] --vars v.yaml --priority high --idempotency-key k --delay 1h30m --wait"
            + " --timeout 5m --follow --trace --continue-on-error --node-timeout 30 --max-attempts 3"
            + " --time-limit 2h -o json",
        "submit invoices --version 3 --at 2026-11-30T06:00:00Z --dry-run --context live",
        "submit w --queue-key c --require-tag a --require-tag b --require-capability c --robot r1 --environment e"
            + " --expires-in 1h --unique-key u --debounce 30s --debounce-max 5m",
        "submit w --deadline 2098-01-01T00:00:00Z --unique-key u --unique-for waiting --on-conflict replace",
        "submit - --priority 20", "retry \(id)", "retry - --yes --var a=1 --wait", "retry \(id) \(id) --dry-run",
        "retry \(id) --from failed", "retry \(id) --from 7 --var a=1", "retry \(id) --from append --dry-run",
        "dlq retry \(id) --from start", "job fork \(id) --from-step 0",
        "job fork \(id) --from-step append --var a=1 --reason typo --wait --timeout 5m",
        "dlq list --workflow w --kind application --status all --limit 0 -o wide", "help job ls", "help dlq",
        "dlq show \(id)", "dlq get \(id)",
        "dlq retry \(id)", "dlq retry --workflow w --error refused --yes", "dlq retry --fingerprint f --dry-run",
        "job list --status failed --workflow w --since 2h --until 2026-01-01T00:00:00Z --limit 10 --columns id,status",
        "job ls", "jobs list", "job get \(id) -o yaml", "job steps \(id)", "job watch \(id) --timeout 10s",
        "job cancel \(id) --reason because --yes", "job cancel - --dry-run",
        "workflow validate a.json b.json -o jsonl", "workflow push a.json --name w --dry-run", "workflow list",
        "workflow get w --version 2 --document", "workflow versions w", "wf ls",
        "robot cordon r1 r2 --reason disk --yes", "robot uncordon r1", "robot drain r1 --wait --timeout 5m",
        "robot stop r1 --dry-run", "robot remove r1 --yes --reason sold", "robot token r1 --expires-in 90d",
        "robot register r1 --slots 8 --reason more --dry-run",
        "robot drain - --yes --wait --timeout 5m", "robot register r1 --no-tags --no-capabilities",
        "workflow assign w r1 r2 --reason licence --yes", "workflow assign w --any --dry-run -o json",
        "queue stats prod --keys --limit 0 -o csv", "queue limit prod --rate 10/sec", "queue limit prod --ageing 5m",
        "queue list -o wide", "queues ls", "queue stats prod", "queue pause prod --for 2h --reason deploy",
        "queue pause prod --key acme --until 2098-11-30T06:00:00Z --dry-run", "queue resume prod --key acme",
        "queue limit prod --concurrency 20 --rate 100/min --burst 5 --key-concurrency 2 --key-rate 1/30s --ageing 5m",
        "queue limit prod --key acme --concurrency none --rate 5/s", "queue limit prod --clear --yes",
        "queue limit prod --key acme --clear", "job resolve \(id)",
        "job resolve \(id) --done --result - --reason seen --yes",
        "job resolve \(id) --fail --reason because --dry-run", "job priority \(id) \(id) 15 --reason boss",
        "job priority - high --yes",
        "explain \(id)", "explain prod --queue --watch", "explain r1 --robot -o json", "doctor db",
        "doctor db --database-url - -o json", "doctor", "doctor --otlp http://c:4317 -o json", "doctor server",
        "alerts list -o wide", "alerts check --all -o json", "alerts check --samples 3 --interval 10s --context live",
        "alerts check --prometheus http://p:9090 --rules a.yml --rules b.yml",
        "robot list", "robot get r1", "robot register r1 --slots 4 --environment e --tag a --tag b --capability c",
        "run w.json --var a=1 --vars - --trace --continue-on-error --node-timeout 1s --timeout 1m"
            + " --working-directory /tmp",
        "db migrate --database-url postgres://h/d --dry-run", "db status -o json",
        "db token ann --database-url postgres://h/d -o json", "db grant svc", "db grant r --robot --database-url -",
        "token create ci --role operator --expires-in 90d", "token create r --role robot --robot r1", "token list",
        "token revoke ci --yes", "tenant policy show -o wide", "tenant policy set url_rules=off scripts=ON --dry-run",
        "tenant policy reset url-rules --yes --reason open", "tenant create acme --reason signed --dry-run -o json",
        "tenant quota acme robots=3 --reason more", "token rotate ci --dry-run",
        "token create r --role viewer --reason x", "role create x --permission item.read --dry-run",
        "role delete x --reason unused",
        "secret delete a b --yes", "secret destroy - --dry-run", "secret undelete a --version 1",
        "secret expire a b --in 90d --reason trial", "secret expire - --never --yes",
        "secret provider list -o wide", "secret providers paths corp", "secret provider paths corp apps/ --limit 0",
        "top", "top --interval 500ms --section letters --no-color", "top --once --section queues",
        "login --url http://localhost:8000 --token-file f --name local --production",
        "context list", "context use live", "context show", "context show live", "context remove live", "ctx ls",
        "status", "version -o json", "dev --port 0 --slots 2 --data-dir d --reset --yes --no-robot --log-level debug",
    ])
    func `every command takes its options`(line: String) throws {
        _ = try Casarectl.parseAsRoot(line.split(separator: " ").map(String.init))
    }

    @Test(arguments: [
        "frobnicate", "help frobnicate", "help job frobnicate", "submit", "submit a b", "submit a --priority 21",
        "submit a --priority urgentish",
        "submit a --delay soon", "submit a --delay 5 --at 2026-11-30T06:00:00Z", "submit a --at tomorrow",
        "submit a --at 2026-11-30T06:00:00", "submit a --timeout 5", "submit a --max-attempts 0",
        "submit a --max-attempts 101", "submit - --vars -", "submit a --var novalue", "submit a -o xml", "retry",
        "job fork \(id)", "job fork --from-step 1", "job fork \(id) \(id) --from-step 1", "retry \(id) --from",
        "retry \(id) --timeout 5", "retry - --vars -", "dlq retry", "dlq retry \(id) --workflow w", "dlq retry --yes",
        "dlq list --status maybe", "dlq list --kind odd", "job get 7", "job list --status odd",
        "job list --since later",
        "job list --limit -1", "job list -o json --columns id", "job cancel", "workflow validate", "robot get -r",
        "robot cordon", "robot cordon -r", "robot drain r1 --timeout 5m", "robot token", "queue pause",
        "queue pause p --for 0", "queue pause p --for 5m --until 2098-11-30T06:00:00Z",
        "queue pause p --until 2020-01-01T00:00:00Z --dry-run", "workflow assign w", "workflow assign w r1 --any",
        "workflow assign w a/b", "robot drain a/b", "robot register r1 --tag a,b",
        "robot register r1 --no-tags --tag a",
        "queue limit p --rate 2000000/s", "queue limit p --rate 1/s --burst 1000001", "queue limit p --rate 0.00001/1d",
        "queue pause p --until soon",
        "queue limit p", "queue limit p --concurrency -1", "queue limit p --concurrency some", "queue limit p --rate 5",
        "queue limit p --rate 0/s", "queue limit p --rate 5/never", "queue limit p --burst 5",
        "queue limit p --rate none --burst 5", "queue limit p --key k --key-concurrency 1",
        "queue limit p --key k --ageing 5m",
        "queue limit p --clear --concurrency 5", "explain", "explain x --queue --robot", "doctor disk",
        "doctor --otlp ftp://c",
        "alerts check --samples 0", "alerts check --interval 5s", "alerts check --prometheus http://p --url http://s",
        "audit list --outcome maybe", "audit verify --anchor 3", "audit verify --public-key x", "audit follow -o json",
        "audit follow --after -1", "audit export --force",
        "robot register r1 --slots 0", "run - --vars -", "run", "token create x", "token create x --role 1st",
        "token create x --role viewer --robot r1", "tenant policy set", "tenant policy set url_rules",
        "tenant policy set url_rules=maybe", "tenant policy set url_rule=off", "tenant policy reset",
        "tenant policy set scripts=on scripts=off", "tenant policy reset scripts scripts", "dev --port 65536",
        "dev --slots 0",
    ])
    func `a wrong command line is a usage error`(line: String) async {
        #expect(await Casarectl.main(line.split(separator: " ").map(String.init)) == 64)
    }

    @Test func `submit turns its options into a request`() throws {
        try withFolder { folder in
            try write("{\"metadata\": {\"name\": \"w\"}, \"nodes\": {}}", to: folder + "/w.json")
            let command: SubmitCommand = try Self.parse(
                "submit \(folder)/w.json --var n=5 --var t=x --priority 15 --idempotency-key k --delay 90 --trace"
                    + " --continue-on-error --node-timeout 1.5s --max-attempts 2")
            let request = try command.request()
            #expect(request.workflow == nil)
            #expect(request.document?["metadata"]?["name"] == "w")
            #expect(request.variables == ["n": 5, "t": "x"])
            #expect(request.priority == .high)
            #expect(request.idempotencyKey == "k")
            #expect(request.delaySeconds == 90)
            #expect(request.options.trace)
            #expect(request.options.continueOnError)
            #expect(request.options.nodeTimeoutSeconds == 1.5)
            #expect(request.options.timeoutSeconds == 3600)
            #expect(request.options.retry?.attemptsMax == 2)
        }
    }

    @Test func `submit takes what is no file for the name of a stored workflow`() throws {
        let command: SubmitCommand = try Self.parse("submit invoices --version 3 --at 2026-01-02T03:04:05Z")
        let request = try command.request()
        #expect(request.workflow == "invoices")
        #expect(request.document == nil)
        #expect(request.version == 3)
        #expect(request.runAt == Date(timeIntervalSince1970: 1_767_323_045))
        #expect(request.options.retry == nil)
        #expect(WorkflowSource("missing.json") == .document(.file("missing.json")))
        #expect(WorkflowSource("-") == .document(.standardInput))
    }

    @Test func `a version of a file makes no sense`() throws {
        try withFolder { folder in
            try write("{}", to: folder + "/w.json")
            let command: SubmitCommand = try Self.parse("submit \(folder)/w.json --version 1")
            let failure = #expect(throws: CommandFailure.self) { try command.request() }
            #expect(failure?.status == .usage)
        }
    }

    @Test func `variables on the command line win over those of the file`() throws {
        try withFolder { folder in
            try write("a: 1\nb: 2", to: folder + "/v.yaml")
            let options = try VariableOptions.parse(["--vars", folder + "/v.yaml", "--var", "b=3", "--var", "c=x"])
            #expect(try options.variables() == ["a": 1, "b": 3, "c": "x"])
        }
        #expect(try VariableOptions.parse([]).variables() == nil)
    }

    @Test func `a time in the past is told by its distance or its date`() {
        let now = Date(timeIntervalSince1970: 10_000)
        #expect(PastMoment(argument: "2h")?.date(now: now) == Date(timeIntervalSince1970: 2800))
        #expect(PastMoment(argument: "1970-01-01T00:00:01Z")?.date(now: now) == Date(timeIntervalSince1970: 1))
    }

    @Test func `job IDs come from arguments or from stdin, one of each`() throws {
        let other = "01890000-0000-7000-8000-000000000002"
        let ids = try JobIDs(["-"]) { "\(Self.id)\n\(other) \(Self.id.uppercased())\n" }
        #expect(ids.all.map(\.description) == [Self.id, other])
        for wrong in ["", "nonsense"] {
            let failure = #expect(throws: CommandFailure.self) { try JobIDs(["-"]) { wrong } }
            #expect(failure?.status == .usage)
        }
    }

    @Test func `help and topics end with 0, and the topic lists every exit status`() throws {
        #expect(try HelpTopic.requested(by: ["--version"]) == "casarectl \(CasareVersion.current)\n")
        #expect(try HelpTopic.requested(by: ["help", "submit"]) == nil)
        let text = try HelpTopic.requested(by: ["help", "exit-codes"]) ?? ""
        for reason in ExitReason.allCases {
            #expect(text.contains("  \(reason.rawValue)  \(reason.explanation)"))
        }
        let numbers = ExitReason.allCases.map { Int($0.rawValue) }
        #expect(numbers == [0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 64, 129, 130, 143])
        let environment = try HelpTopic.requested(by: ["help", "environment"]) ?? ""
        for variable in ["CASARE_TOKEN", "DATABASE_URL", "PG_BIN", "SSL_CERT_FILE", "HOME", "TERM"] {
            #expect(environment.contains("\n  \(variable) "))
        }
    }
}

struct LimitArgumentTests {
    @Test(arguments: [
        ("10/s", 0.1, 10), ("100/min", 0.6, 100), ("5/30s", 6.0, 5), ("1/2h", 7200.0, 1), ("0.5/s", 2.0, 1),
        ("10/sec", 0.1, 10), ("60/Hour", 60.0, 60), ("1000000/s", 1e-6, 1_000_000),
    ])
    func `a rate is so many in a time`(text: String, everySeconds: Double, burst: Int) throws {
        let rate = try RateArgument.parse(text).info(burst: nil)
        #expect(abs(rate.everySeconds - everySeconds) < 1e-9 && rate.burst == burst)
        #expect(try RateArgument.parse(text).info(burst: 7).burst == 7)
    }

    @Test(arguments: ["10", "10/", "/s", "-1/s", "0/s", "10/0s", "10/never", "x/s", "10/s/s"])
    func `what is no rate is refused`(text: String) {
        #expect(throws: UnexpectedText.self) { try RateArgument.parse(text) }
    }

    @Test func `none lifts a limit`() throws {
        #expect(try LimitArgument<Int>.concurrency("NONE").value == nil)
        #expect(try LimitArgument<Int>.concurrency("0").value == 0)
        #expect(try LimitArgument<RateArgument>.rate("none").value == nil)
    }
}
