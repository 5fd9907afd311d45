import ArgumentParser
import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

/// What people and programs read of dead letters.
struct DeadLetterViewTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)
    private static let id = Job.ID("01890000-0000-7000-8000-000000000001")!
    private static let other = Job.ID("01890000-0000-7000-8000-000000000002")!
    private static let failure = Failure(
        kind: .application, message: "the bank said \u{1B}[2J503", type: "HttpError", node: "fetch")

    private static func letter(
        attempts: Int = 2, step: Int? = 4, acknowledgement: DeadLetter.Note? = nil, replay: DeadLetter.Replay? = nil,
        resolution: DeadLetter.Note? = nil
    ) -> DeadLetter {
        DeadLetter(
            id: Self.id, workflow: Workflow.ID(rawValue: Self.id.rawValue), workflowName: "in voices",
            workflowVersion: 4, environment: "production", priority: .high, queueKey: "acme", tags: ["eu", "gpu"],
            variables: ["amount": 5, "path": "/new"], failure: Self.failure, fingerprint: "8d1f2c33a0b94e51",
            robot: "r2", step: step, attemptCount: attempts,
            attempts: (1...attempts).map { number in
                DeadLetter.Attempt(
                    number: number, robot: "r\(number)", startedAt: nil, finishedAt: Self.now, failure: Self.failure)
            }, openedAt: Self.now.addingTimeInterval(-7200), acknowledgement: acknowledgement, replay: replay,
            resolution: resolution, traceID: TraceID("0af7651916cd43dd8448eb211c80319c"))
    }

    private static func note(_ by: String, _ reason: String?) -> DeadLetter.Note {
        DeadLetter.Note(at: Self.now.addingTimeInterval(-60), by: by, reason: reason)
    }

    private static func context(similar: Int, success: Bool) -> DeadLetterContextInfo {
        let letter = Self.letter()
        let context = DeadLetterContext(
            similar: DeadLetterContext.Similar(
                count: similar, isInexact: false, firstOpenedAt: Self.now.addingTimeInterval(-7200),
                lastOpenedAt: Self.now),
            lastSuccess: success
                ? DeadLetterContext.Success(
                    job: Self.other, workflowVersion: 3, environment: "production", robot: "r1",
                    finishedAt: Self.now.addingTimeInterval(-86_400), variables: ["amount": 5, "path": "/old"])
                : nil)
        return DeadLetterContextInfo(
            context,
            differences: context.differences(
                from: letter, showing: ["amount": 5, "path": "/old"], ["amount": 5, "path": "/new"]))
    }

    private static func render(_ arguments: [String], _ presentation: Presentation) throws -> String {
        try OutputOptions.parse(arguments).render(
            presentation, in: RenderContext(width: nil, usesColour: false, now: Self.now))
    }

    private static func sheet(_ letter: DeadLetterInfo) throws -> String {
        try Self.render([], try letter.presentation())
    }

    @Test func `a list says of each what it is, and with all columns all of it`() throws {
        let list = try Presentation(
            list: [DeadLetterInfo(Self.letter())], columns: DeadLetterInfo.columns, name: \.id.description)
        #expect(
            try Self.render(["--no-headers"], list)
                == "\(Self.id)  in voices  4  open  application  2  2 h ago  the bank said \\u{1b}[2J503\n")
        let wide = try Self.render(["-o", "csv"], list)
        #expect(
            wide.hasPrefix(
                "id,workflow,version,status,kind,type,node,step,robot,environment,priority,queue_key,tags,attempts,"
                    + "opened_at,acknowledged_by,replayed_as,resolved_by,fingerprint,trace_id,error\n"))
        #expect(wide.contains("HttpError,fetch,4,r2,production,15,acme,\"eu,gpu\",2,2027-01-15T06:00:00.000Z,,,,8d1f"))
        #expect(try Self.render(["-o", "name"], list) == "\(Self.id)\n")
        let line = try Self.render(["-o", "jsonl"], list)
        #expect(line.split(separator: "\n").count == 1)
        let json = try Value(parsingJSON: line)
        #expect(wide.contains("8d1f2c33a0b94e51,0af7651916cd43dd8448eb211c80319c,"))
        #expect(json["trace_id"] == "0af7651916cd43dd8448eb211c80319c")
        #expect(json["robot"] == "r2" && json["tags"] == ["eu", "gpu"] && json["attempt_count"] == 2)
        #expect(try DeadLetterCommand.Export.line(DeadLetterInfo(Self.letter())) == line)
        #expect(try Self.render(["-o", "yaml"], list).contains("fingerprint: \"8d1f2c33a0b94e51\""))
    }

    @Test func `a page has the error, the step, what it was given, and what comes next`() throws {
        let text = try Self.sheet(DeadLetterInfo(Self.letter()))
        for part in [
            "\(Self.id) is open\n", "in voices version 4", "the bank said \\u{1b}[2J503", "HttpError (application)",
            "failed node  fetch", "last step    4", "robot        r2", "priority     15", "tags eu, gpu",
            "fingerprint  8d1f2c33a0b94e51", "Attempts\n", "Variables\n  amount  5\n  path    /new\n",
            "casarectl dlq retry \(Self.id) --wait", "casarectl dlq retry \(Self.id) --from failed",
            "casarectl dlq ack \(Self.id) --reason TEXT", "casarectl job trace \(Self.id)",
        ] {
            #expect(text.contains(part), "\(part) in \(text)")
        }
        #expect(!text.contains("\u{1B}"))
        // Nothing was recorded: there is no step to go on from.
        #expect(!(try Self.sheet(DeadLetterInfo(Self.letter(step: nil))).contains("--from failed")))
    }

    @Test func `the last attempts of many are shown`() throws {
        let text = try Self.sheet(DeadLetterInfo(Self.letter(attempts: 7)))
        #expect(text.contains("Last 5 of 7 attempts\n"))
        #expect(text.contains("\n        3  r3"), "\(text)")
        #expect(!text.contains("r1 "), "\(text)")
    }

    @Test func `what is like it and what was different at the last success`() throws {
        var letter = DeadLetterInfo(Self.letter())
        letter.context = Self.context(similar: 2000, success: true)
        let text = try Self.sheet(letter)
        for part in [
            "Like it in any workflow, within a day before and after\n  dead letters  2000\n",
            "Last success of in voices\n",
            "job       \(Self.other)", "What was different then\n", "version         3     4",
            "robot           r1    r2", "variables.path  /old  /new",
            "casarectl dlq replay --workflow='in voices' --fingerprint 8d1f2c33a0b94e51 --canary 3 --dry-run",
            "casarectl dlq list --fingerprint 8d1f2c33a0b94e51 --status all",
        ] {
            #expect(text.contains(part), "\(part) in \(text)")
        }
        #expect(!text.contains("variables.amount"), "what is the same is no difference: \(text)")
        letter.context = Self.context(similar: 1, success: false)
        let alone = try Self.sheet(letter)
        #expect(alone.contains("no other dead letter has its fingerprint"), "\(alone)")
        #expect(alone.contains("none is known from before it") && !alone.contains("dlq replay"), "\(alone)")
        // A server before it knew of any has none to give.
        letter.context = nil
        #expect(!(try Self.sheet(letter).contains("Last success")))
    }

    @Test func `who dealt with it is said, and what can still be done`() throws {
        let known = try Self.sheet(DeadLetterInfo(Self.letter(acknowledgement: Self.note("ann", "the bank is closed"))))
        #expect(known.contains("is acknowledged\n") && known.contains("acknowledged by  ann: the bank is closed"))
        #expect(known.contains("dlq retry") && known.contains("dlq ack \(Self.id) --resolve"))
        #expect(!known.contains("dlq ack \(Self.id) --reason"), "it is known: \(known)")

        func replay(endedAt: Date?) throws -> String {
            try Self.sheet(
                DeadLetterInfo(
                    Self.letter(
                        replay: DeadLetter.Replay(job: Self.other, at: Self.now, by: "bob", endedAt: endedAt))))
        }
        let running = try replay(endedAt: nil)
        #expect(running.contains("replay ended  not yet") && running.contains("casarectl job watch \(Self.other)"))
        #expect(!running.contains("dlq retry"), "a second replay would be refused: \(running)")
        let failed = try replay(endedAt: Self.now)
        #expect(failed.contains("casarectl job get \(Self.other)") && failed.contains("casarectl dlq retry \(Self.id)"))

        let settled = try Self.sheet(DeadLetterInfo(Self.letter(resolution: Self.note("casare", nil))))
        #expect(settled.contains("is resolved\n") && settled.contains("casarectl retry \(Self.id)\n"), "\(settled)")
        #expect(!settled.contains("dlq retry") && !settled.contains("dlq ack"), "\(settled)")
    }

    @Test func `that a letter was left as it is is said after an acknowledgement`() {
        func said(_ letter: DeadLetter, resolving: Bool = false) -> String {
            DeadLetterInfo(letter).acknowledged(resolving: resolving)
        }
        let settled = Self.letter(resolution: Self.note("casare", nil))
        #expect(said(Self.letter(acknowledgement: Self.note("ann", nil))) == "acknowledged")
        #expect(said(settled, resolving: true) == "resolved")
        #expect(said(settled) == "nothing to acknowledge, is resolved:")
        let replay = DeadLetter.Replay(job: Self.other, at: Self.now, by: "bob", endedAt: nil)
        #expect(said(Self.letter(replay: replay)) == "nothing to acknowledge, was replayed:")
    }

    /// Whatever a letter's page proposes must be taken by the program that printed it.
    @Test func `every command that a page shows is taken`() throws {
        var like = DeadLetterInfo(Self.letter())
        like.context = Self.context(similar: 9, success: true)
        let letters = [
            like, DeadLetterInfo(Self.letter(acknowledgement: Self.note("ann", nil))),
            DeadLetterInfo(
                Self.letter(replay: DeadLetter.Replay(job: Self.other, at: Self.now, by: "b", endedAt: Self.now))),
            DeadLetterInfo(
                Self.letter(replay: DeadLetter.Replay(job: Self.other, at: Self.now, by: "b", endedAt: nil))),
            DeadLetterInfo(Self.letter(resolution: Self.note("casare", nil))),
        ]
        var commands = letters.flatMap(\.nextCommands).map(\.cell.plain)
        commands += try Self.commands(of: DeadLetterGroupViewTests.group().presentation())
        #expect(commands.count > 15)
        for command in commands {
            // The only words in quotes are the workflow's name.
            let words = command.replacing("'in voices'", with: "in\u{0}voices").split(separator: " ")
                .map { $0.replacing("\u{0}", with: " ") }
            #expect(words.first == "casarectl")
            #expect(throws: Never.self, "\(command)") { try Casarectl.parseAsRoot(words.dropFirst().map(String.init)) }
        }
    }

    private static func commands(of presentation: Presentation) throws -> [String] {
        guard case .single(let sheet) = presentation.shape else { return [] }
        return sheet.sections.flatMap { section -> [String] in
            guard case .fields("To go on", let fields) = section else { return [] }
            return fields.map(\.cell.plain)
        }
    }
}

struct DeadLetterGroupViewTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)

    static func group(
        failures: Int = 2000, successes: Int = 12
    ) -> DeadLetterGroupInfo {
        let id = Job.ID("01890000-0000-7000-8000-000000000001")!
        return DeadLetterGroupInfo(
            DeadLetterGroup(
                fingerprint: "8d1f2c33a0b94e51", workflow: Workflow.ID(rawValue: id.rawValue),
                workflowName: "in voices", count: failures, openCount: failures - 1, firstOpenedAt: Self.now,
                lastOpenedAt: Self.now,
                failure: Failure(kind: .application, message: "503", type: "HttpError", node: "fetch"), sample: id,
                successCount: successes,
                shares: [
                    .version: [
                        DeadLetterGroup.Share(value: "4", failures: failures, successes: 0),
                        DeadLetterGroup.Share(value: "3", failures: 0, successes: successes),
                    ]
                ]))
    }

    private static func render(_ arguments: [String], _ presentation: Presentation) throws -> String {
        try OutputOptions.parse(arguments).render(
            presentation, in: RenderContext(width: nil, usesColour: false, now: Self.now))
    }

    @Test func `a group is told with its count and what explains it`() throws {
        let list = try DeadLetterGroupInfo.presentation(of: [Self.group()])
        let text = try Self.render(["--no-headers"], list)
        #expect(
            text == "8d1f2c33a0b94e51  in voices  2000  1999  now  now  503  "
                + "all 2000 ran version 4; 12 of 12 successes ran version 3\n")
        #expect(try Self.render(["-o", "name"], list) == "8d1f2c33a0b94e51\n")
        let json = try Value(parsingJSON: try Self.render(["-o", "json"], list))
        #expect(json.list?.first?["explanation"]?["factor"] == "version")
        #expect(json.list?.first?["versions"]?.list?.count == 2)
        #expect(try Self.render(["-o", "csv", "--columns", "factor,successes"], list).contains("version,12"))
    }

    @Test func `one group stands on a page with what was compared`() throws {
        let text = try Self.render([], try Self.group().presentation())
        for part in [
            "2000 dead letters of in voices, 1999 open\n", "explained by  all 2000 ran version 4", "Versions\n",
            "  4          2000          0\n", "  3             0         12\n",
            "casarectl dlq list --workflow='in voices' --fingerprint 8d1f2c33a0b94e51",
        ] {
            #expect(text.contains(part), "\(part) in \(text)")
        }
        let few = try Self.render([], try Self.group(failures: 4).presentation())
        #expect(few.contains("nothing: no version, robot, environment or hour separates them from 12 completed jobs"))
        let none = try Self.render([], try Self.group(successes: 0).presentation())
        #expect(none.contains("nothing: no job of the workflow completed in that time"))
    }
}
