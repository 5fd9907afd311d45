import CasareDomain
import FoundationEssentials
import Testing

struct DeadLetterContextTests {
    private static func letter(
        version: Int = 4, robot: String? = "r1", environment: String = "default", _ variables: Object = [:],
        acknowledgement: DeadLetter.Note? = nil, replay: DeadLetter.Replay? = nil, resolution: DeadLetter.Note? = nil
    ) -> DeadLetter {
        DeadLetter(
            id: .new(at: Date(timeIntervalSince1970: 1_767_268_800)),
            workflow: .new(at: Date(timeIntervalSince1970: 1_767_268_800)), workflowName: "invoices",
            workflowVersion: version, environment: environment, priority: .normal, queueKey: nil, tags: [],
            variables: variables, failure: Failure(kind: .application, message: "m", type: "T"), fingerprint: "f",
            robot: robot, step: nil, attemptCount: 1, attempts: [], openedAt: .distantPast,
            acknowledgement: acknowledgement, replay: replay, resolution: resolution)
    }

    private static func context(
        version: Int = 4, robot: String? = "r1", environment: String = "default", _ variables: Object = [:]
    ) -> DeadLetterContext {
        DeadLetterContext(
            similar: .init(count: 1, isInexact: false, firstOpenedAt: .distantPast, lastOpenedAt: .distantPast),
            lastSuccess: .init(
                job: .new(at: Date(timeIntervalSince1970: 1_767_268_800)), workflowVersion: version,
                environment: environment, robot: robot,
                finishedAt: .distantPast, variables: variables))
    }

    @Test func `what is not the same is told, and nothing else`() {
        let same = Self.context(["a": 1])
        #expect(same.differences(from: Self.letter(["a": 1]), showing: ["a": 1], ["a": 1]).isEmpty)
        let other = Self.context(version: 3, robot: "r2", environment: "test", ["a": 1, "old": 2, "b": 3])
        let letter = Self.letter(["a": 1, "b": 4, "new": 5])
        let differences = other.differences(
            from: letter, showing: other.lastSuccess?.variables ?? [:], letter.variables)
        #expect(
            differences == [
                .init(name: "version", before: 3, now: 4), .init(name: "robot", before: "r2", now: "r1"),
                .init(name: "environment", before: "test", now: "default"),
                .init(name: "variables.b", before: 3, now: 4), .init(name: "variables.new", before: nil, now: 5),
                .init(name: "variables.old", before: 2, now: nil),
            ])
    }

    @Test func `hidden values that differ are told as hidden`() {
        let differences = Self.context(["password": "one"]).differences(
            from: Self.letter(["password": "two"]), showing: ["password": "***"], ["password": "***"])
        #expect(differences == [.init(name: "variables.password", before: "***", now: "***")])
    }

    @Test func `a job that no robot began differs from none`() {
        #expect(Self.context(robot: "r2").differences(from: Self.letter(robot: nil), showing: [:], [:]).isEmpty)
    }

    @Test func `where a letter stands follows from what happened to it last`() {
        let note = DeadLetter.Note(at: .distantPast, by: "ann", reason: nil)
        let replay = DeadLetter.Replay(
            job: .new(at: Date(timeIntervalSince1970: 1_767_268_800)), at: .distantPast, by: "ann",
            endedAt: .distantPast)
        #expect(Self.letter().status == .open)
        #expect(Self.letter(acknowledgement: note).status == .acknowledged)
        #expect(Self.letter(acknowledgement: note, replay: replay).status == .replayed)
        #expect(Self.letter(replay: replay, resolution: note).status == .resolved)
        #expect(Self.letter(replay: replay).replayedAs == replay.job && Self.letter().replayedAs == nil)
    }
}
