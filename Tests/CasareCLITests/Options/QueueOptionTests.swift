import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

struct QueueOptionTests {
    private static func request(_ line: String) throws -> SubmitJobRequest {
        let command = try Casarectl.parseAsRoot(["submit", "w"] + line.split(separator: " ").map(String.init))
        return try #require(command as? SubmitCommand).request()
    }

    private static func complaint(_ line: String) -> String? {
        do {
            _ = try Self.request(line)
            return nil
        } catch {
            return Casarectl.message(for: error)
        }
    }

    @Test func `the options become the request's members`() throws {
        let request = try Self.request(
            "--environment gpu --queue-key c7 --require-tag b --require-tag a --require-capability x --robot r1"
                + " --expires-in 30d --unique-key u --unique-for 10m --on-conflict reject --delay 29d")
        #expect(request.environment == "gpu" && request.queueKey == "c7")
        #expect(request.expiresInSeconds == Job.spanSecondsMax)
        #expect(request.delaySeconds == 2_505_600.0)
        #expect(
            request.requirements
                == Job.Requirements(tags: ["a", "b"], capabilities: ["x"], robot: Robot.ID(rawValue: "r1")))
        #expect(request.unique == (try Job.Uniqueness("u", scope: .window(seconds: 600), conflict: .reject)))
        let debounced = try Self.request("--unique-key u --debounce 30s --debounce-max 5m")
        #expect(debounced.unique == (try Job.Uniqueness("u", debounceSeconds: 30, secondsMax: 300)))
        let plain = try Self.request("--deadline 2098-01-01T00:00:00Z")
        #expect(plain.expiresAt == Timestamp.date("2098-01-01T00:00:00Z"))
        #expect(plain.requirements == nil && plain.unique == nil && plain.environment == "default")
    }

    @Test(arguments: [
        ("--deadline 2098-01-01T00:00:00Z --expires-in 5", "Give --deadline or --expires-in, not both."),
        ("--unique-for 5", "--unique-for belongs to a unique key: add --unique-key."),
        ("--debounce 5", "--debounce belongs to a unique key: add --unique-key."),
        ("--on-conflict reject", "--on-conflict belongs to a unique key: add --unique-key."),
        ("--unique-key u --debounce-max 5", "--debounce-max belongs to --debounce: add that."),
        (
            "--unique-key u --debounce 6 --debounce-max 5",
            "--debounce-max is less than --debounce; no job would wait that long."
        ),
        (
            "--unique-key u --debounce 6 --on-conflict reject",
            "--debounce replaces the job that waits: leave out --unique-for and --on-conflict."
        ),
        (
            "--unique-key u --debounce 6 --delay 5",
            "--debounce says when the job begins: leave out --delay and --at."
        ),
        ("--expires-in 5 --delay 5", "--expires-in is over before the job may begin; give a longer time."),
        (
            "--deadline 2098-01-01T00:00:00Z --at 2098-01-01T00:00:00Z",
            "--deadline is over before the job may begin; give a later one."
        ),
        ("--delay 31d", "at most 30d"), ("--time-limit 31d", "at most 30d"), ("--node-timeout 31d", "at most 30d"),
        ("--expires-in 0", "a time above 0"), ("--unique-key u --unique-for ever", "waiting, unfinished, or a time"),
        ("--unique-key u --on-conflict skip", "one of return, reject, replace"), ("--robot a/b", "1 to 64 letters"),
        ("--deadline tomorrow", "2026-01-02T03:04:05Z"), ("--require-tag a,b", "without a comma; repeat the option"),
        ("--require-capability a,b", "without a comma; repeat the option"),
    ])
    func `what contradicts itself is refused in words`(line: String, message: String) {
        let complaint = Self.complaint(line)
        #expect(complaint?.contains(message) == true, "\(complaint ?? "it was taken")")
    }

    @Test func `a job's sheet says what was asked for it`() throws {
        let job = Job(
            id: .new(at: Date()), workflow: Workflow.ID(rawValue: UUID()), workflowName: "w", workflowVersion: 1,
            priority: .normal, environment: "default", variables: [:], options: .init(), attempt: 0,
            state: .pending(dueAt: nil), idempotencyKey: nil, retryOf: nil, createdAt: Date(), createdBy: "ann",
            queueKey: "c7",
            requirements: Job.Requirements(
                tags: ["gpu", "eu"], capabilities: ["excel"], robot: Robot.ID(rawValue: "r1")),
            expiresAt: Date(), uniqueKey: Job.UniqueKey(key: "u", scope: .window(seconds: 600)))
        let info = JobInfo(job)
        #expect(info.requirements?.sentence == "tags eu, gpu; capability excel; robot r1")
        #expect(info.unique?.sentence == "u for 10 min from its submit")
        let text = try OutputOptions.parse([]).render(
            info.presentation(), in: RenderContext(width: nil, usesColour: false, now: Date()))
        for part in ["c7", "tags eu, gpu", "u for 10 min"] { #expect(text.contains(part)) }
        #expect(!text.contains("time limit"))
    }

    @Test func `a person hears which key found the job, and what it replaced`() throws {
        let job = JobInfo(
            Job(
                id: .new(at: Date()), workflow: Workflow.ID(rawValue: UUID()), workflowName: "w", workflowVersion: 1,
                priority: .normal, environment: "default", variables: [:], options: .init(), attempt: 0,
                state: .pending(dueAt: nil), idempotencyKey: nil, retryOf: nil, createdAt: Date(), createdBy: "ann"))
        func note(_ found: SubmitJobResponse.Found?, _ duplicate: Bool, _ replaced: Job.ID?) -> String {
            Submission(job: job, isDuplicate: duplicate, foundBy: found, replaced: replaced).note ?? ""
        }
        #expect(note(nil, false, nil).isEmpty)
        #expect(note(.uniqueKey, true, nil).contains("unique key is taken"))
        #expect(note(.idempotencyKey, true, nil).contains("idempotency key was used before"))
        #expect(note(nil, true, nil).contains("idempotency key was used before"))
        #expect(note(nil, false, job.id).contains("\(job.id) of this unique key was waiting"))
        // A program reads the same in the job's JSON, whether the submit waited or not.
        let found = Submission(job: job, isDuplicate: true, foundBy: .uniqueKey, replaced: nil)
        let new = Submission(job: job, isDuplicate: false, foundBy: nil, replaced: job.id)
        for presentation in [try found.presentation(), try found.presentation(of: job)] {
            let json = presentation.rows[0].json
            #expect(json["id"]?.string == job.id.description)
            #expect(json["found_by"] == "unique_key" && json["replaced"] == Value.null, "\(json)")
        }
        let json = try new.presentation().rows[0].json
        #expect(json["found_by"] == Value.null && json["replaced"]?.string == job.id.description, "\(json)")
        #expect(found.verb == "found" && new.verb == "submitted")
        // People read how the job of then stands.
        let text = try OutputOptions.parse([]).render(
            try found.presentation(), in: RenderContext(width: nil, usesColour: false, now: Date()))
        #expect(text.hasPrefix("found \(job.id): ") && text.contains(", waits for a robot"), "\(text)")
    }
}
