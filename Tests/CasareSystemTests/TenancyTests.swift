import CasareClient
import CasareDomain
import CasarePostgres
import CasareTestSupport
import CasareWire
import FoundationEssentials
import Testing

/// Tenants beside each other on one installation, as those who run it and those who live in it see them.
struct TenancyTests {
    /// Makes a tenant.
    ///
    /// - Returns: its number, and the system as its first administrator sees it.
    private static func tenant(
        _ name: String, in system: TestSystem
    ) async throws -> (number: Int, system: TestSystem) {
        let created = try await system.json("tenant", "create", name)
        let number = try #require(created["tenant"]?["id"]?.int)
        return (number, system.shown(try #require(created["token"]?.string)))
    }

    private static func workflow(_ name: String, _ type: String, _ config: Object = [:]) -> String {
        let document: Value = [
            "metadata": ["name": .string(name)],
            "nodes": ["a": ["node_type": .string(type), "config": .object(config)]],
        ]
        return document.jsonText(.compact)
    }

    private static let nothing = Self.workflow("nothing", "SetVariableNode", ["variable_name": "x", "value": 1])
    private static let second = Self.workflow("second", "SetVariableNode", ["variable_name": "x", "value": 2])

    private static func push(_ document: String, in system: TestSystem) async throws {
        let pushed = try await system.casarectl(["workflow", "push", "-"], input: document)
        #expect(pushed.status == 0, "\(pushed.errors)")
    }

    private static func submit(
        _ document: String, _ options: [String] = [], in system: TestSystem
    ) async throws -> String {
        let submitted = try await system.casarectl(["submit", "-", "-o", "name"] + options, input: document)
        guard submitted.status == 0 else { throw NeverHappened(what: "a submit: \(submitted.errors)") }
        return submitted.output.trimmingNewline
    }

    private static func fired(_ tenant: Int, in installation: TestInstallation) async throws -> Int {
        try await installation.withConnection { connection in
            try connection.execute(
                "SELECT count(*) AS count FROM schedule_ticks WHERE tenant_id = @tenant AND result = 'fired'",
                ["tenant": .int4(Int32(tenant))]
            ).only().int("count")
        }
    }

    /// What a server answers to whoever shows a token, tried once.
    private static func problem(_ url: String, _ token: String) async throws -> ClientError.Problem? {
        var configuration = CasareClient.Configuration(url: url, token: token)
        configuration.retriesMax = 0
        return try await withCasareClient(configuration) { client -> ClientError.Problem? in
            do {
                _ = try await client.jobs()
                return nil
            } catch ClientError.api(let problem) {
                return problem
            }
        }
    }

    // MARK: - Lives

    @Test func `a suspended tenant is turned away and nothing fires in it, and what runs there ends`() async throws {
        try await TestInstallation.with { installation in
            try await installation.withOrchestrator("orchestrator") { system in
                let (number, acme) = try await Self.tenant("acme", in: system)
                let me = try await acme.json("whoami")
                #expect(me["tenant"] == .int(number) && me["role"] == "admin", "\(me)")
                #expect(try await acme.casarectl("tenant", "list").status == 6)

                let script = "\(installation.folder)/wait.sh"
                try "while [ ! -e \"$1\" ]; do sleep 0.05; done\n".write(
                    toFile: script, atomically: true, encoding: .utf8)
                let go = "\(installation.folder)/go"
                let long = Self.workflow(
                    "long", "RunCommandNode", ["command": "/bin/sh", "args": .list([.string(script), .string(go)])])
                for owner in [system, acme] {
                    try await Self.push(Self.nothing, in: owner)
                    let made = try await owner.casarectl(
                        "schedule", "create", "often", "--every", "1s", "--workflow", "nothing", "--overlap",
                        "allow-all")
                    #expect(made.status == 0, "\(made.errors)")
                }
                try await acme.withRobot(.api, id: "theirs") { robot in
                    let job = try await Self.submit(long, in: acme)
                    try await eventually("their job runs") {
                        try await acme.json("job", "get", job)["status"] == "running" ? true : nil
                    }
                    try await eventually("their schedule fires") {
                        try await Self.fired(number, in: installation) > 0 ? true : nil
                    }
                    let suspended = try await system.casarectl("tenant", "suspend", "acme", "--reason", "unpaid")
                    #expect(suspended.status == 0, "\(suspended.errors)")
                    let refused = try await eventually("the tenant is turned away") {
                        try await Self.problem(acme.url, acme.token)
                    }
                    #expect(refused.status == 403 && refused.code == .tenantSuspended)
                    let told = try await acme.casarectl("job", "list")
                    #expect(told.status == 6 && told.errors.contains("the tenant is suspended"), "\(told.errors)")

                    // Others' schedules go on, and theirs do not.
                    let theirs = try await Self.fired(number, in: installation)
                    let others = try await Self.fired(1, in: installation)
                    try await eventually("others' ticks have fired") {
                        try await Self.fired(1, in: installation) >= others + 3 ? true : nil
                    }
                    #expect(try await Self.fired(number, in: installation) == theirs)
                    // What runs is let end, and reported.
                    try "".write(toFile: go, atomically: true, encoding: .utf8)
                    try await eventually("the job that ran has ended") {
                        robot.log.split(separator: "\n").contains {
                            $0.contains("Completed job") && $0.contains(job)
                        } ? true : nil
                    }

                    let resumed = try await system.casarectl("tenant", "resume", "acme")
                    #expect(resumed.status == 0, "\(resumed.errors)")
                    try await eventually("the tenant is let in") {
                        try await Self.problem(acme.url, acme.token) == nil ? true : nil
                    }
                    #expect(try await acme.json("job", "get", job)["status"] == "completed")
                    try await eventually("their schedule fires again") {
                        try await Self.fired(number, in: installation) > theirs ? true : nil
                    }
                }
            }
        }
    }

    @Test func `a tenant that is deleted can be had back for a time, and then it is taken away part by part`()
        async throws
    {
        try await TestInstallation.with { installation in
            try await installation.withOrchestrator("orchestrator") { system in
                let (number, acme) = try await Self.tenant("acme", in: system)
                let job = try await Self.submit(Self.nothing, in: acme)
                let delete = ["tenant", "delete", "acme", "--reason", "contract ended"]
                #expect(try await system.casarectl(delete).status == 12)
                let begun = try await system.casarectl(delete + ["--undo-within", "1h", "--yes"])
                #expect(begun.status == 0 && begun.output.contains("acme is deleting"), "\(begun.errors)")
                #expect(try await system.casarectl("tenant", "resume", "acme").status == 0)
                #expect(try await acme.json("job", "get", job)["status"] == "pending")

                // More than one batch.
                let count = 11_000
                try await installation.withConnection { connection in
                    _ = try connection.execute(
                        """
                        INSERT INTO approvals (
                            tenant_id, approval_id, action, subject, detail, status, asked_at, asked_by, expires_at)
                        SELECT
                            @tenant::integer, gen_random_uuid(), 'operation.purge', 'op', '', 'expired', now(), 'ann',
                            now()
                        FROM generate_series(1, @count::integer)
                        """, ["tenant": .int4(Int32(number)), "count": .int4(Int32(count))])
                }
                #expect(try await system.casarectl(delete + ["--undo-within", "0s", "--yes"]).status == 0)
                var shown: [Int] = []
                let deleted = try await eventually("the tenant is deleted") { () throws -> Value? in
                    let list = try await system.json("tenant", "list").list ?? []
                    let found = list.first { $0["id"]?.int == number }
                    if let removed = found?["rows_removed"]?.int { shown.append(removed) }
                    return found?["status"] == "deleted" ? found : nil
                }
                #expect(shown == shown.sorted() && (shown.last ?? 0) > count, "\(shown)")
                #expect(deleted["name"] != "acme" && deleted["status_reason"] == "contract ended", "\(deleted)")
                let left = try await installation.withConnection { connection in
                    try connection.execute(
                        """
                        SELECT
                            (SELECT count(*) FROM jobs WHERE tenant_id = @tenant)
                            + (SELECT count(*) FROM workflows WHERE tenant_id = @tenant)
                            + (SELECT count(*) FROM tokens WHERE tenant_id = @tenant)
                            + (SELECT count(*) FROM approvals WHERE tenant_id = @tenant) AS count
                        """, ["tenant": .int4(Int32(number))]
                    ).only().int("count")
                }
                #expect(left == 0)
                try await eventually("its token is worth nothing") {
                    try await Self.problem(acme.url, acme.token)?.status == 401 ? true : nil
                }
                #expect(try await system.casarectl("tenant", "create", "acme").status == 0, "the name is free again")
            }
        }
    }

    // MARK: - Quotas

    @Test func `what is beyond a quota is refused with a number and what to do`() async throws {
        try await TestInstallation.with { installation in
            try await installation.withOrchestrator("orchestrator") { system in
                let (_, acme) = try await Self.tenant("acme", in: system)
                let set = try await system.casarectl("tenant", "quota", "acme", "workflows=1", "queued_jobs=2")
                #expect(set.status == 0, "\(set.errors)")
                try await Self.push(Self.nothing, in: acme)
                let second = try await acme.casarectl(
                    ["workflow", "push", "-"], input: Self.second
                )
                #expect(second.status == 5, "\(second.errors)")
                #expect(second.errors.contains("the quota workflows is used up"), "\(second.errors)")
                #expect(second.errors.contains("1 allowed"), "\(second.errors)")

                for _ in 1...2 { #expect(try await acme.casarectl("submit", "nothing").status == 0) }
                let third = try await acme.casarectl("submit", "nothing")
                // Waiting helps, so scripts may try again.
                #expect(third.status == 10 && third.errors.contains("the quota queued_jobs is used up"), "\(third)")
                #expect(third.errors.contains("casarectl job cancel"), "\(third.errors)")
                let usage = try await acme.json("tenant", "usage").list ?? []
                let queued = usage.first { $0["quota"] == "queued_jobs" }
                #expect(queued?["used"] == 2 && queued?["limit"] == 2, "\(usage)")
                let freed = try await acme.json("job", "list").list?.first?["id"]?.string ?? ""
                #expect(try await acme.casarectl("job", "cancel", freed).status == 0)
                #expect(try await acme.casarectl("submit", "nothing").status == 0)
                // Nobody gives themselves more.
                #expect(try await acme.casarectl("tenant", "quota", "acme", "workflows=2").status == 6)
                #expect(try await system.casarectl("tenant", "quota", "acme", "workflows=none").status == 0)
                try await Self.push(Self.second, in: acme)
            }
        }
    }

    // MARK: - Two persons

    @Test func `where two persons decide a purge waits for the second one, and who breaks the glass is heard`()
        async throws
    {
        try await TestInstallation.with { installation in
            try await installation.withOrchestrator("orchestrator") { system in
                let (_, first) = try await Self.tenant("acme", in: system)
                let token = try await first.json("token", "create", "bob", "--role", "admin")["token"]?.string
                let second = first.shown(try #require(token))
                let bad = Self.workflow("bad", "ReadFileNode", ["file_path": "/nonexistent"])
                try await first.withRobot(.api, id: "theirs") { _ in
                    for _ in 1...2 {
                        let failed = try await first.casarectl(
                            ["submit", "-", "--max-attempts", "1", "--wait"], input: bad)
                        #expect(failed.status == 9, "\(failed.errors)")
                    }
                }
                #expect(try await first.casarectl("tenant", "update", "--require-approval", "on", "--yes").status == 0)

                let letters = try await first.json("dlq", "list").list?.compactMap { $0["id"]?.string } ?? []
                try #require(letters.count == 2)
                let asked = try await first.json(
                    "dlq", "purge", letters[0], "--reason", "test data", "--yes", "--detach")
                #expect(asked["status"] == "awaiting_approval", "\(asked)")
                let operation = try #require(asked["id"]?.string)
                // Whoever asked cannot agree.
                let own = try await first.casarectl("op", "approve", operation, "--yes")
                #expect(own.status == 5 && own.errors.contains("another person must decide"), "\(own.errors)")
                #expect(try await first.json("dlq", "list").list?.count == 2)
                let agreed = try await second.casarectl("op", "approve", operation, "--reason", "seen", "--yes")
                #expect(agreed.status == 0, "\(agreed.errors)")
                try await eventually("the letter is taken away") {
                    try await first.json("dlq", "list").list?.compactMap { $0["id"]?.string } == [letters[1]]
                        ? true : nil
                }

                let silent = try await first.casarectl("dlq", "purge", letters[1], "--yes", "--break-glass")
                #expect(silent.status != 0 && silent.errors.contains("--reason"), "\(silent.errors)")
                let broken = try await first.casarectl(
                    "dlq", "purge", letters[1], "--yes", "--break-glass", "--reason", "a leak")
                #expect(broken.status == 0, "\(broken.errors)")
                #expect(try await first.json("dlq", "list").list == [])
                let entries = try await second.json("audit", "list", "--action", "operation.create").list ?? []
                let loud = entries.filter { $0["detail"]?["break_glass"] == true }
                #expect(loud.count == 1 && loud.first?["detail"]?["severity"] == "alert", "\(entries)")
                #expect(loud.first?["reason"] == "a leak" && loud.first?["actor"] == "admin", "\(entries)")
                try await eventually("the service's log has it, too") {
                    system.dev.log.split(separator: "\n").contains {
                        $0.contains("critical") && $0.contains("Somebody did not wait for a second person")
                    } ? true : nil
                }
            }
        }
    }

    // MARK: - Lock-out

    @Test func `who was locked out by one server is locked out by the others`() async throws {
        try await TestInstallation.with { installation in
            let settings = ["CASARE_LOCKOUT_FAILURES": "10", "CASARE_LOCKOUT_SECONDS": "300"]
            try await installation.withOrchestrator("first", variables: settings) { first in
                try await installation.withOrchestrator("second", variables: settings) { second in
                    var refusals: [Int] = []
                    while refusals.last != 429, refusals.count < 20 {
                        // Wrong ones that are different: of the same no more than the first is looked at.
                        let problem = try #require(try await Self.problem(first.url, "wrong-\(refusals.count)"))
                        refusals.append(problem.status)
                    }
                    // Not before that many, and not after so many more as are written at once.
                    #expect(refusals.last == 429 && refusals.dropLast().allSatisfy { $0 == 401 }, "\(refusals)")
                    #expect((11...13).contains(refusals.count), "\(refusals)")
                    // The other one has seen nothing wrong from there before.
                    let there = try #require(try await Self.problem(second.url, "wrong-elsewhere"))
                    #expect(there.status == 429 && there.code == .tooManyRequests, "\(there)")
                    let wait = try #require(there.retryAfterSeconds)
                    #expect(wait > 0 && wait <= 300)
                    let told = try await second.shown("wrong").casarectl(["job", "list"])
                    #expect(told.status == 10 && told.errors.contains("too many wrong tokens"), "\(told.errors)")
                    // Whoever shows what counts is not held up by who shares the address.
                    #expect(try await Self.problem(first.url, first.token) == nil)
                    #expect(try await Self.problem(second.url, second.token) == nil)
                    let denied = try await first.json("audit", "list", "--outcome", "denied").list ?? []
                    #expect(denied.contains { $0["source"] == "127.0.0.1" }, "\(denied)")
                }
            }
        }
    }
}
