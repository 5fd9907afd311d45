import ArgumentParser
import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

/// What `casarectl item` reads and shows.
struct ItemParsingTests {
    @Test func `items are read from lines, from a list and from an object`() throws {
        let expected = [NewWorkItem(reference: "a"), NewWorkItem(reference: "b", data: ["n": 1], priority: .high)]
        for text in [
            "{\"reference\": \"a\"}\n\n{\"reference\": \"b\", \"data\": {\"n\": 1}, \"priority\": \"HIGH\"}\n",
            #"[{"reference": "a"}, {"reference": "b", "data": {"n": 1}, "priority": 15}]"#,
            #"{"items": [{"reference": "a"}, {"reference": "b", "data": {"n": 1}, "priority": 15}]}"#,
        ] {
            #expect(try WorkItemFile.items(text, named: "f") == expected, "\(text)")
        }
        #expect(try WorkItemFile.items(#"{"reference": "a"}"#, named: "f") == [expected[0]])
    }

    @Test func `a file at fault is told by its line or item`() {
        let cases = [
            ("", "f holds no items"), ("[]", "f holds no items"), ("{\"reference\": \"a\"}\nnonsense", "f, line 2"),
            (#"[{}, {"ref": "a"}]"#, "f: item 2: ref"), (#"[{"reference": ""}]"#, "f: item 1: reference"),
        ]
        for (text, part) in cases {
            let error = #expect(throws: CommandFailure.self) { _ = try WorkItemFile.items(text, named: "f") }
            #expect(error?.message.contains(part) == true, "\(text): \(String(describing: error))")
            #expect(error?.status == .usage)
        }
    }

    @Test func `options that belong together are given together`() throws {
        let performer = try #require(
            try Casarectl.parseAsRoot(
                ["item", "queue", "create", "q", "--performer", "w", "--performer-var", "n=1", "--jobs", "3"])
                as? ItemCommand.Queue.Create)
        #expect(
            performer.rules.performerInfo
                == ItemPerformerInfo(workflow: "w", variables: ["n": 1], jobsMax: 3))
        for words in [
            ["item", "queue", "create", "q", "--jobs", "3"], ["item", "queue", "update", "q"],
            ["item", "queue", "update", "q", "--performer", "w", "--no-performer"],
            ["item", "postpone", "q", "a"],
            ["item", "postpone", "q", "a", "--for", "1m", "--until", "2030-01-01T00:00:00Z"],
            ["item", "fail", "q", "a"], ["item", "add", "q", "-f", "x", "--reference", "a"],
            ["item", "list", "q", "--status", "done"], ["item", "next", "q", "--lease", "0"],
        ] {
            #expect(throws: (any Error).self, "\(words)") { _ = try Casarectl.parseAsRoot(words) }
        }
    }

    private static func item(_ status: WorkItem.Status) -> WorkItemInfo {
        let start = Date(timeIntervalSince1970: 0)
        return WorkItemInfo(
            WorkItem(
                id: .new(at: start), queue: "q", reference: "R-1", data: ["n": 1], output: nil, status: status,
                priority: .normal, retries: 2, deadline: nil, postponeUntil: nil,
                failure: WorkItem.Failure(type: .application, message: "down"),
                hold: WorkItem.Hold(
                    token: 17, by: "robot", job: nil, robot: nil, since: start, until: start.addingTimeInterval(60)),
                createdAt: start, createdBy: "ann", updatedAt: start, finishedAt: nil))
    }

    @Test(arguments: [WorkItem.Status.completed, .failed, .abandoned, .retry, .deleted])
    func `an item that nobody has shows no lease, and who had it last`(_ status: WorkItem.Status) throws {
        let presentation = try Self.item(status).presentation()
        guard case .single(let sheet) = presentation.shape else {
            Issue.record("It is one thing")
            return
        }
        let labels = sheet.fields.map(\.label)
        #expect(labels.contains("last taken by") && !labels.contains("token") && !labels.contains("until"))
        let json = presentation.rows[0].json
        #expect(json["lease"]?["token"] == nil && json["taken_by"] == "robot")
    }

    @Test func `an item is shown with who has it, and with what came of it`() throws {
        let presentation = try Self.item(.inProgress).presentation()
        guard case .single(let sheet) = presentation.shape else {
            Issue.record("It is one thing")
            return
        }
        #expect(sheet.summary?.hasPrefix("R-1 (") == true)
        let labels = sheet.fields.map(\.label)
        for label in ["taken by", "until", "token", "retries", "error", "data"] { #expect(labels.contains(label)) }
        #expect(!labels.contains("output") && !labels.contains("deadline"))
        #expect(presentation.rows[0].json["lease"]?["token"] == 17)
        #expect(WorkItemInfo.headings.contains { $0.key == "reference" })
        #expect(ItemQueueStatsInfo.headings.map(\.key).contains("in_progress"))
    }
}
