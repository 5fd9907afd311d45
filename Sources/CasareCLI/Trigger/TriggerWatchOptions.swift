import ArgumentParser
import CasareDomain

/// What robots watch for a trigger, as the commands that create and update triggers take it. What has no option stands
/// in a file.
struct TriggerWatchOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Wait for files in this folder of a robot.", valueName: "folder"), transform: Text.notEmpty)
    var watch: String?
    @Option(
        help: ArgumentHelp("Only files like this (default: *); may be repeated.", valueName: "pattern"),
        transform: Text.notEmpty)
    var pattern: [String] = []
    @Flag(help: "Files in folders below it count too.") var recursive = false
    @Option(
        help: ArgumentHelp(
            "Count this: created, modified or deleted (default: created and modified); may be repeated.",
            valueName: "event"))
    var event: [CaseArgument<FileSource.Event>] = []
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("So long a file must have been the same (default: 2s).", valueName: "time"),
        transform: PositiveTimeSpan.parse)
    var settled: PositiveTimeSpan?
    @Option(help: ArgumentHelp("Read the news of this feed, RSS or Atom.", valueName: "url"), transform: Text.notEmpty)
    var rss: String?
    @Option(
        help: ArgumentHelp("Follow the events that this server sends.", valueName: "url"), transform: Text.notEmpty)
    var sse: String?
    @Option(help: ArgumentHelp("Wait for mails on this IMAP server.", valueName: "server"), transform: Text.notEmpty)
    var imap: String?
    @Option(help: ArgumentHelp("Of --imap: whose mails.", valueName: "user"), transform: Text.notEmpty)
    var imapUser: String?
    @Option(
        help: ArgumentHelp("Of --imap: the folder (default: INBOX).", valueName: "folder"), transform: Text.notEmpty)
    var imapFolder: String?
    @Flag(help: "What is there when the watch begins counts too.") var existing = false
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Between two looks (default: 2s, of a feed 5m).", valueName: "time"),
        transform: PositiveTimeSpan.parse)
    var poll: PositiveTimeSpan?
    @Option(
        help: ArgumentHelp("Who watches (default: any robot of the environment).", valueName: "robot"),
        transform: Text.notEmpty)
    var robot: String?

    /// The kind of which something is said.
    var kind: Trigger.Kind? {
        if !self.file.isEmpty { return .file }
        return self.feed.isEmpty ? nil : .feed
    }

    /// What files and feeds have both.
    var common: Object {
        var members: Object = [:]
        if self.existing { members["existing"] = true }
        if let poll { members["poll_seconds"] = .double(poll.seconds) }
        if let robot { members["robot"] = .string(robot) }
        return members
    }

    private var file: Object {
        var file: Object = [:]
        if let watch { file["path"] = .string(watch) }
        if !self.pattern.isEmpty { file["patterns"] = .list(self.pattern.map(Value.string)) }
        if self.recursive { file["recursive"] = true }
        if !self.event.isEmpty { file["events"] = .list(self.event.map { .string($0.value.rawValue) }) }
        if let settled { file["settled_seconds"] = .double(settled.seconds) }
        return file
    }

    private var feed: Object {
        var feed: Object = [:]
        if let rss { feed["rss"] = ["url": .string(rss)] }
        if let sse { feed["sse"] = ["url": .string(sse)] }
        var mail: Object = [:]
        if let imap { mail["server"] = .string(imap) }
        if let imapUser { mail["username"] = .string(imapUser) }
        if let imapFolder { mail["folder"] = .string(imapFolder) }
        if !mail.isEmpty { feed["imap"] = .object(mail) }
        return feed
    }

    /// What is given, as a merge patch of a spec.
    ///
    /// - Parameter kind: of the trigger that changes; `nil`: of one that is made.
    /// - Throws: `.usage` for what neither files nor feeds have.
    func members(of kind: Trigger.Kind?) throws(CommandFailure) -> Object {
        let (file, feed, common) = (self.file, self.feed, self.common)
        guard file.isEmpty || feed.isEmpty else {
            throw CommandFailure(.usage, "a trigger waits for files or for a feed, not for both; make two of them")
        }
        let inner = (file.isEmpty ? feed : file).merging(common)
        guard !inner.isEmpty else { return [:] }
        guard let kind = self.kind ?? kind, kind == .file || kind == .feed else {
            throw CommandFailure(.usage, "--existing, --poll and --robot are for files and feeds")
        }
        return [kind.rawValue: .object(inner)]
    }
}
