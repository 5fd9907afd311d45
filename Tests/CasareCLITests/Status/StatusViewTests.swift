import ArgumentParser
import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

/// What `casarectl status` shows on one screen.
struct StatusViewTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)
    private static let job = Job.ID("01890000-0000-7000-8000-000000000001")!

    static let status = StatusResponse(
        version: "1.2.3", database: "ok",
        jobs: StatusResponse.Jobs(pending: 10_000, scheduled: 3, running: 4, blocked: 0, paused: 1), robotsOnline: 2,
        robotsAvailable: 1, deadLettersOpen: 12, inexact: ["jobs.pending"],
        queues: [
            StatusResponse.QueueStatus(
                name: "prod", isPaused: true, ready: 500, scheduled: 3, running: 4, pausedJobs: 1, inexact: ["ready"]),
            StatusResponse.QueueStatus(
                name: "test", isPaused: false, ready: 0, scheduled: 0, running: 0, pausedJobs: 0),
        ],
        robots: StatusResponse.RobotCounts([.live, .cordoned, .offline, .offline]),
        deadLetters: StatusResponse.LetterStatus(
            open: 12, acknowledged: 2, oldestOpenAt: Self.now.addingTimeInterval(-7200),
            groups: [
                StatusResponse.LetterGroup(
                    workflow: "invoices", fingerprint: "f", count: 11, kind: "application", type: "HttpError",
                    message: "connection refused", job: Self.job, lastOpenedAt: Self.now.addingTimeInterval(-60))
            ]),
        failingWorkflows: [
            StatusResponse.FailingWorkflow(workflow: "invoices", failed: 11, isInexact: false, share: 0.4)
        ])

    private static func render(_ status: StatusResponse) throws -> String {
        var sheet = Sheet("server")
        sheet.add("robots", status.robotsCell)
        sheet.add("jobs", .text(status.jobsText))
        sheet.add("dead letters", status.deadLettersCell)
        sheet.add(queuesOf: status)
        sheet.add(failing: status.failingWorkflows ?? [])
        sheet.add(groups: status.deadLetters?.groups ?? [])
        return SheetText.render(sheet, in: RenderContext(width: nil, usesColour: false, now: Self.now))
    }

    @Test func `all of it stands on one screen`() throws {
        #expect(
            try Self.render(Self.status) == """
                server
                robots        1 live, 1 cordoned, 2 offline
                jobs          10000+ waiting, 3 due later, 4 running, 0 blocked, 1 paused
                dead letters  12 open, 2 acknowledged

                Queues
                  QUEUE  WAITING  DUE LATER  RUNNING  PAUSED JOBS  STATE
                  prod      500+          3        4            1  paused
                  test         0          0        0            0  –

                Failed within the last hour
                  WORKFLOW  FAILED  SHARE
                  invoices      11  40 %

                Largest groups of the newest dead letters
                  LETTERS  WORKFLOW  KIND         LAST      ERROR
                       11  invoices  application  60 s ago  connection refused

                To look into them
                  casarectl dlq groups

                """)
    }

    @Test func `a server that tells less is shown all the same`() throws {
        let older = StatusResponse(
            version: "1.0", database: "ok",
            jobs: StatusResponse.Jobs(pending: 1, scheduled: 0, running: 0, blocked: 0, paused: nil), robotsOnline: 2,
            robotsAvailable: 1, deadLettersOpen: 3)
        var json = try #require(try ValueEncoder.encode(older).object)
        for member in ["queues", "robots", "dead_letters", "failing_workflows", "inexact", "blocked_jobs"] {
            json[member] = nil
        }
        let read = try ValueDecoder.decode(StatusResponse.self, from: .object(json))
        #expect(
            try Self.render(read) == """
                server
                robots        2 online, 1 of them taking jobs
                jobs          1 waiting, 0 due later, 0 running, 0 blocked
                dead letters  3 open

                """)
    }

    @Test func `where there are more queues than are listed, the title says so`() throws {
        let status = StatusResponse(
            version: "1", database: "ok",
            jobs: StatusResponse.Jobs(pending: 0, scheduled: 0, running: 0, blocked: 0, paused: 0), robotsOnline: 0,
            robotsAvailable: 0, deadLettersOpen: 0, inexact: ["queues"], queues: Self.status.queues,
            robots: StatusResponse.RobotCounts([]))
        let text = try Self.render(status)
        #expect(text.contains("The first queues (casarectl queue list shows all)\n"))
        #expect(text.contains("robots        none is registered\n"))
    }

    @Test(arguments: [(0.0, "0 %"), (0.004, "<1 %"), (0.005, "1 %"), (0.5, "50 %"), (0.996, ">99 %"), (1, "100 %")])
    func `a share is never rounded to none or all`(share: Double, text: String) {
        let workflow = StatusResponse.FailingWorkflow(workflow: "w", failed: 1, isInexact: false, share: share)
        #expect(workflow.shareText == text)
    }
}
