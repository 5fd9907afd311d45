import ArgumentParser
import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

struct QueueViewTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)
    private static let pause = QueuePause(by: "ann", reason: "unpaid", since: Self.now, until: nil)

    private static func queue(
        _ kind: JobQueue.Kind, paused: QueuePause? = nil, pausedJobs: BoundedCount = BoundedCount(0)
    ) -> JobQueue {
        JobQueue(
            name: "prod", kind: kind, pause: paused, limits: QueueLimits(),
            ready: BoundedCount(10_000, isExact: false), scheduled: BoundedCount(1), running: BoundedCount(2),
            pausedJobs: pausedJobs, robotsAlive: 1, slots: 4)
    }

    private static func render(_ arguments: [String], _ presentation: Presentation) throws -> String {
        try OutputOptions.parse(arguments).render(
            presentation, in: RenderContext(width: nil, usesColour: false, now: Self.now))
    }

    @Test func `counts that stop at a bound say so to people, and to programs beside a number`() throws {
        let many = BoundedCount(10_000, isExact: false)
        let stats = QueueStatsInfo(
            JobQueueStats(
                queue: Self.queue(.lanes), oldestReadySince: nil, nextDueAt: nil, blocked: many,
                readyByPriority: [.normal: many, .high: BoundedCount(3)], lanes: ["open": 3, "empty": 21],
                keys: [
                    QueueKey(key: "acme", limits: QueueKeyLimits(), pause: Self.pause, running: 0, ready: many)
                ]), actions: [])
        #expect(stats.inexact == ["blocked", "ready_by_priority.5"])
        #expect(stats.keys[0].inexact == ["ready"] && stats.queue.inexact == ["ready"])
        let text = try Self.render([], stats.presentation)
        #expect(text.hasPrefix("queue prod has rules\n"), "\(text)")
        for part in ["10000+ ready, 1 due later", "blocked  10000+", "  15  3\n", "  5   10000+", "by ann: unpaid"] {
            #expect(text.contains(part), "\(part) in \(text)")
        }
        #expect(!text.contains("empty"), "empty lanes wait for nothing: \(text)")
        let list = try Presentation(
            list: [stats.queue], columns: QueueInfo.columns, name: \.name, json: { try ValueEncoder.encode($0) })
        #expect(try Self.render(["-o", "csv", "--no-headers"], list) == "prod,lanes,10000,1,2,0,4,1,,,,,,ready\n")
        #expect(try Self.render(["--columns", "name,ready"], list) == "NAME   READY\nprod  10000+\n")
    }

    @Test func `paused jobs are counted, unless the server does not count them`() throws {
        let counted = QueueInfo(Self.queue(.plain, pausedJobs: BoundedCount(3, isExact: false)))
        #expect(counted.pausedJobs == 3 && counted.inexact.contains("paused_jobs"))
        let jobs = counted.fields.first { $0.label == "jobs" }
        #expect(jobs?.cell == .text("10000+ ready, 1 due later, 2 running, 3+ paused"))
        var older = try #require(try ValueEncoder.encode(counted).object)
        older["paused_jobs"] = nil
        let read = try ValueDecoder.decode(QueueInfo.self, from: .object(older))
        #expect(read.pausedJobs == nil)
        let list = try Presentation(
            list: [counted, read], columns: QueueInfo.columns, name: \.name, json: { try ValueEncoder.encode($0) })
        let text = try Self.render(["--no-headers", "-o", "csv", "--columns", "name,paused_jobs"], list)
        #expect(text == "prod,3\nprod,\n")
    }

    @Test func `a list says by whom a queue is paused, whether or not there is a reason`() throws {
        let until = Self.now.addingTimeInterval(60)
        let queues = [
            Self.queue(.paused, paused: Self.pause),
            Self.queue(.paused, paused: QueuePause(by: "bob", reason: nil, since: Self.now, until: until)),
        ].map(QueueInfo.init)
        let list = try Presentation(
            list: queues, columns: QueueInfo.columns, name: \.name, json: { try ValueEncoder.encode($0) })
        let text = try Self.render(["--no-headers", "--columns", "paused"], list)
        #expect(text == "by ann: unpaid\nby bob until \(Timestamp.text(until))\n")
        #expect(try Self.render([], list).contains("by ann: unpaid"), "without being asked for")
    }

    @Test func `who resumes what is not paused is told, and what is paused beside it`() {
        func remarks(_ wasPaused: Bool, keys: Int, queue: QueuePause? = nil, isKey: Bool = false) -> [String] {
            QueueCommand.Resume.remarks(
                on: PauseQueueResponse(
                    queue: QueueInfo(Self.queue(.lanes, paused: queue)), key: nil, wasPaused: wasPaused,
                    keysPaused: keys),
                subject: isKey ? "key a of queue prod" : "queue prod", isKey: isKey)
        }
        #expect(remarks(true, keys: 0).isEmpty)
        #expect(remarks(false, keys: 0) == ["queue prod was not paused; nothing was changed"])
        #expect(
            remarks(true, keys: 2)
                == ["2 keys of it are paused: casarectl queue stats prod --keys shows who and why"])
        #expect(remarks(true, keys: 2, isKey: true).isEmpty)
        #expect(
            remarks(false, keys: 0, queue: Self.pause, isKey: true)
                == [
                    "key a of queue prod was not paused; nothing was changed",
                    "the queue itself is paused by ann: unpaid",
                ])
    }

    @Test(arguments: [
        (
            "--clear",
            "concurrency unlimited, rate unlimited, key concurrency unlimited, key rate unlimited, ageing 1 min again"
        ),
        ("--concurrency 0 --rate none", "concurrency 0, rate unlimited"),
        (
            "--key k --clear",
            "concurrency as the queue says of all keys, rate as the queue says of all keys"
        ),
    ])
    func `what is lifted is not told as zero`(options: String, words: String) throws {
        let line = ["queue", "limit", "prod"] + options.split(separator: " ").map(String.init)
        let command = try #require(try Casarectl.parseAsRoot(line) as? QueueCommand.Limit)
        #expect(command.words == words)
    }
}
