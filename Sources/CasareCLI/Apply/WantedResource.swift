import CasareDomain
import CasareEngine
import CasareWire

/// A thing as a file wants it, understood.
struct WantedResource: Hashable, Sendable {
    enum Content: Hashable, Sendable {
        /// The document, with the workflow files that it refers to.
        case workflow(Object)
        case calendar(BusinessCalendar)
        case queue(QueueDescription)
        case schedule(ScheduleSpec)
        case trigger(TriggerSpec)
    }

    let key: AppliedResource.Key
    let content: Content
    let owner: String
    let isPaused: Bool
    let place: DocumentPlace
    /// What is doubtful in it.
    var warnings: [String] = []

    init(
        _ content: Content, key: AppliedResource.Key, owner: String = AppliedResource.ownerDefault,
        isPaused: Bool = false, place: DocumentPlace
    ) {
        self.key = key
        self.content = content
        self.owner = owner
        self.isPaused = isPaused
        self.place = place
    }

    /// Reads the document's spec, and the workflow file that it names.
    ///
    /// - Parameter owner: whose it is, whatever the document says; `nil`: the document's, or `default`.
    /// - Throws: `.usage` for what cannot be, naming file, document and member; what reading a workflow's file throws.
    init(_ document: ResourceDocument, owner: String?) throws(CommandFailure) {
        var warnings: [String] = []
        let content: Content
        do throws(WireDecodingError) {
            switch document.key.kind {
            case .workflow:
                let bundle = try Self.bundle(document)
                warnings = bundle.warnings
                guard let object = bundle.document.object else {
                    throw WireDecodingError(path: "", message: "a workflow is an object")
                }
                content = .workflow(object)
            case .calendar:
                do throws(CalendarError) {
                    content = .calendar(try BusinessCalendar(json: .object(document.spec), name: document.key.name))
                } catch {
                    throw WireDecodingError(error)
                }
            case .queue: content = .queue(try QueueDescription(json: document.spec))
            case .schedule: content = .schedule(try ScheduleSpec(json: document.spec))
            case .trigger: content = .trigger(try TriggerSpec(json: document.spec))
            }
        } catch {
            throw document.place.refusal(error.within("spec").path, error.message)
        }
        self.init(
            content, key: document.key, owner: owner ?? document.owner ?? AppliedResource.ownerDefault,
            isPaused: document.isPaused, place: document.place)
        self.warnings = warnings
    }

    /// The document of a workflow: written in the spec, or in a file that it names, relative to its own.
    private static func bundle(_ document: ResourceDocument) throws(WireDecodingError) -> WorkflowBundle {
        let spec = document.spec
        if let unknown = spec.keys.first(where: { $0 != "file" && $0 != "document" }) {
            throw WireDecodingError(
                path: unknown, message: "there is no such member; expected file or document", kind: .malformed)
        }
        do throws(CommandFailure) {
            switch (spec["file"], spec["document"]) {
            case (.string(let file)?, nil):
                let folder = WorkflowReference.folder(of: document.place.file)
                return try WorkflowBundle.load(.file(WorkflowReference.joined(folder, file)))
            case (nil, .object(let object)?):
                return try WorkflowBundle.load(.object(object), issues: [], from: TextInput.file(document.place.file))
            case (.some, .some): throw CommandFailure(.usage, "give file or document, not both")
            case (.some, nil): throw CommandFailure(.usage, "file: expected the path of a workflow's file")
            case (nil, .some): throw CommandFailure(.usage, "document: expected an object")
            case (nil, nil): throw CommandFailure(.usage, "say which workflow: file or document")
            }
        } catch {
            throw WireDecodingError(path: "", message: error.message)
        }
    }

    /// What it is to be, as it is compared with what is there.
    var json: Object {
        switch self.content {
        case .workflow(let document): document
        case .calendar(let calendar): calendar.json.object ?? [:]
        case .queue(let queue): queue.json
        // Nothing in a spec can fail to be encoded.
        case .schedule(let spec): (try? ValueEncoder.encode(spec))?.object ?? [:]
        case .trigger(let spec): spec.json
        }
    }

    /// Whether a new one is made with a secret.
    var needsSecret: Bool {
        guard case .trigger(let spec) = self.content else { return false }
        return switch spec.source {
        case .webhook(let webhook): webhook.auth.kind.needsSecret
        case .feed(let feed): feed.needsSecret
        case .job, .file: false
        }
    }
}
