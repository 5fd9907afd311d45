import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

struct ExportCommand: AsyncParsableCommand {
    enum Format: String, CaseIterable, ExpressibleByArgument, Sendable {
        case yaml, json
    }

    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Print what a server has as documents that apply takes.",
        discussion: """
              casarectl export > all.yaml
              casarectl export --kind schedule --kind calendar --owner billing

            The newest version of each workflow, calendars, queues with limits, schedules and triggers. Secrets are not \
            among them, nor values that the server hides.
            """)
    @Option(help: ArgumentHelp("Only things of this kind; may be repeated.", valueName: "kind"))
    var kind: [CaseArgument<AppliedResource.Kind>] = []
    @Option(help: ArgumentHelp("Only what files of this owner describe.", valueName: "name"), transform: Text.notEmpty)
    var owner: String?
    @Option(name: [.customShort("o"), .customLong("output")], help: "How to print the documents.")
    var format = Format.yaml
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    func run() async throws {
        try await self.connection.withClient { client, _ in
            let server = LiveResources(client)
            let owners = try await server.owners()
            var documents: [Value] = []
            for kind in AppliedResource.Kind.allCases
            where self.kind.isEmpty || self.kind.contains(where: { $0.value == kind }) {
                for exported in try await server.exported(kind, owners: owners) {
                    let owner = owners[exported.key] ?? exported.mark
                    if let wanted = self.owner, wanted != owner { continue }
                    if !exported.hidden.isEmpty {
                        StandardStreams.report(
                            TerminalText.line(
                                "casarectl: \(exported.key.text): left out, as the server hides it: "
                                    + exported.hidden.joined(separator: ", ")))
                    }
                    documents.append(exported.document(owner: owner))
                }
            }
            if documents.isEmpty { StandardStreams.report("casarectl: there is nothing to export") }
            try StandardStreams.print(Self.text(documents, as: self.format))
        }
    }

    static func text(_ documents: [Value], as format: Format) -> String {
        switch format {
        case .yaml: documents.map { YAMLText.document($0) }.joined(separator: "---\n")
        case .json: TerminalText.json(Value.list(documents).jsonText(.pretty(indent: 2))) + "\n"
        }
    }
}

/// Something of a server as a document.
struct ExportedResource: Hashable, Sendable {
    let key: AppliedResource.Key
    var spec: Object
    var isPaused = false
    var mark: String?
    /// Members that the server hides, and that are left out.
    var hidden: [String] = []

    init(_ key: AppliedResource.Key, spec: Object) {
        self.key = key
        self.spec = spec
    }

    /// Without what is not shown.
    mutating func leaveOutHidden() {
        if self.spec["queue_key"].map(ResourcePlan.isHidden) == true {
            self.spec["queue_key"] = nil
            self.hidden.append("queue_key")
        }
        guard var variables = self.spec["variables"]?.object else { return }
        for (name, value) in variables where ResourcePlan.isHidden(value) {
            variables[name] = nil
            self.hidden.append("variables.\(name)")
        }
        self.spec["variables"] = variables.isEmpty ? nil : .object(variables)
    }

    func document(owner: String?) -> Value {
        var document: Object = ["kind": .string(self.key.kind.fileName), "name": .string(self.key.name)]
        if let owner { document["owner"] = .string(owner) }
        if self.isPaused { document["paused"] = true }
        document["spec"] = .object(self.spec)
        return .object(document)
    }
}

extension LiveResources {
    /// All things of a kind, by name. Of queues those with limits, and those that files describe.
    func exported(
        _ kind: AppliedResource.Kind, owners: [AppliedResource.Key: String]
    ) async throws -> [ExportedResource] {
        var exported: [ExportedResource] = []
        switch kind {
        case .workflow:
            for workflow in try await self.workflows() where !Workflow.isChildName(workflow.name) {
                let version = try await self.client.workflowVersion(workflow.latestVersion, of: workflow.name)
                exported.append(
                    ExportedResource(
                        AppliedResource.Key(.workflow, workflow.name), spec: ["document": version.document ?? .null]))
            }
        case .calendar:
            for calendar in try await self.calendars() {
                var spec = calendar.spec.json.object ?? [:]
                spec["name"] = nil
                exported.append(ExportedResource(AppliedResource.Key(.calendar, calendar.name), spec: spec))
            }
        case .queue:
            for queue in try await self.queues() {
                let key = AppliedResource.Key(.queue, queue.name)
                let spec = QueueDescription(QueueLimits(queue.limits)).json
                guard !spec.isEmpty || owners[key] != nil else { continue }
                exported.append(ExportedResource(key, spec: spec))
            }
        case .schedule:
            for schedule in try await self.schedules() {
                let live = try Self.live(schedule)
                var one = ExportedResource(live.key, spec: live.json)
                one.isPaused = schedule.pause != nil
                one.mark = live.mark
                one.leaveOutHidden()
                exported.append(one)
            }
        case .trigger:
            for trigger in try await self.triggers() {
                let live = Self.live(trigger)
                var one = ExportedResource(live.key, spec: live.json)
                one.isPaused = trigger.pause != nil
                one.mark = live.mark
                one.leaveOutHidden()
                exported.append(one)
            }
        }
        return exported
    }
}
