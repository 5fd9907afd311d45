import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

extension ItemCommand {
    struct Add: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "add", abstract: "Add one item to a queue, or many from a file.",
            discussion: """
                A file holds items as JSON: one on each line, a list of them, or an object with a member items. Each may \
                have reference, data, priority, deadline and postpone_until. They are sent 1000 at a time; where \
                references are unique, the same file can be sent again without harm.
                """)
        @Argument(help: "The queue's name.", transform: Text.notEmpty) var queue: String
        @Option(
            help: ArgumentHelp("What it is in the business, such as the number of an invoice.", valueName: "text"),
            transform: Text.notEmpty)
        var reference: String?
        @Option(
            help: ArgumentHelp(
                "A member of its data; may be repeated. JSON where it is that, else text; name:=JSON takes any JSON.",
                valueName: "name=value"), transform: VariableAssignment.init(parsing:))
        var data: [VariableAssignment] = []
        @Option(
            parsing: .unconditional, help: "0 to 20, or low, normal, high, urgent or critical (both 20).",
            completion: .list(PriorityArgument.names), transform: PriorityArgument.parse)
        var priority: PriorityArgument?
        @Option(
            help: ArgumentHelp("By then somebody must have taken it; else it fails.", valueName: "moment"),
            transform: Moment.parse)
        var deadline: Moment?
        @Option(
            help: ArgumentHelp("Nobody is given it before.", valueName: "moment"), transform: Moment.parse)
        var postponeUntil: Moment?
        @Option(
            name: [.customShort("f"), .customLong("file")],
            help: ArgumentHelp("Add the items of a file, or of stdin (-).", valueName: "file"),
            transform: Text.notEmpty)
        var file: String?
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func validate() throws {
            let isOne =
                self.reference != nil || !self.data.isEmpty || self.priority != nil || self.deadline != nil
                || self.postponeUntil != nil
            if self.file != nil, isOne {
                throw ValidationError("Give a file, or what one item is; the items of a file say all that themselves.")
            }
        }

        func run() async throws {
            // Before a file is read, or stdin.
            try self.output.check(AddedWorkItem.headings)
            let items = try self.items()
            try await self.answer.show(AddedWorkItem.headings) { client, _ in
                var added: [AddedWorkItem] = []
                for start in stride(from: 0, to: items.count, by: WorkItem.batchMax) {
                    let batch = Array(items[start..<min(start + WorkItem.batchMax, items.count)])
                    do {
                        added += try await client.addWorkItems(batch, to: self.queue).items
                    } catch {
                        if start > 0 {
                            StandardStreams.report("casarectl: the first \(start) items of the file were added")
                        }
                        throw error
                    }
                }
                let known = added.count { $0.isDuplicate }
                if known > 0 {
                    StandardStreams.report("casarectl: \(Count.text(known, "item")) known already, which adds nothing")
                }
                return try Presentation(list: added, columns: AddedWorkItem.columns, name: \.id.description)
            }
        }

        private func items() throws(CommandFailure) -> [NewWorkItem] {
            if let file {
                let input = TextInput(file)
                return try WorkItemFile.items(try input.read(), named: input.name)
            }
            var data = Object()
            for assignment in self.data { data[assignment.name] = assignment.value }
            return [
                NewWorkItem(
                    reference: self.reference, data: data, priority: self.priority?.priority ?? .normal,
                    deadline: self.deadline?.date, postponeUntil: self.postponeUntil?.date)
            ]
        }
    }
}

/// Items in a file.
enum WorkItemFile {
    /// - Parameter source: what messages call the file.
    /// - Throws: `.usage` for what holds no items.
    static func items(_ text: String, named source: String) throws(CommandFailure) -> [NewWorkItem] {
        let values = try self.values(text, source)
        guard !values.isEmpty else { throw CommandFailure(.usage, "\(source) holds no items") }
        let shape = RequestShape(of: NewWorkItem.self)
        var items: [NewWorkItem] = []
        for (position, value) in values.enumerated() {
            do throws(WireJSON.Failure) {
                let bytes = Array(value.jsonText(.compact).utf8)
                items.append(try WireJSON.decode(NewWorkItem.self, from: bytes, shape: shape))
            } catch {
                throw CommandFailure(.usage, "\(source): item \(position + 1): \(error.description)")
            }
        }
        return items
    }

    private static func values(_ text: String, _ source: String) throws(CommandFailure) -> [Value] {
        if let whole = try? Value(parsingJSON: text) {  // Else it is one on each line, and is told of then.
            if let list = whole.list { return list }
            if let list = whole["items"]?.list { return list }
            return [whole]
        }
        var values: [Value] = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard line.contains(where: { !$0.isWhitespace }) else { continue }
            do {
                values.append(try Value(parsingJSON: String(line)))
            } catch {
                throw CommandFailure(.usage, "\(source), line \(number + 1) is not JSON: \(error)")
            }
        }
        return values
    }
}

extension AddedWorkItem {
    static let columns: [Column<AddedWorkItem>] = [
        Column("id") { .text($0.id.description) },
        Column("reference", shrinks: true) { .text($0.reference) },
        Column("is_duplicate") { .flag($0.isDuplicate) },
    ]

    static var headings: [Heading] { self.columns.map(\.heading) }
}
