import CasareDomain

/// Brings a document of any accepted shape into the one shape, and collects what is wrong with its parts.
///
/// It looks at shapes and sizes only; what needs the node catalogue or the whole graph is `DocumentValidator`'s.
struct DocumentParser {
    private(set) var issues: [ValidationIssue] = []
    /// What is left of a document without its malformed connections, where nothing else is wrong with its shape. It can
    /// be looked at, but is not to be run.
    private(set) var remainder: WorkflowDocument?

    mutating func add(_ issue: ValidationIssue) { self.issues.append(issue) }

    /// - Returns: `nil` when something was wrong that keeps the document from running.
    mutating func parse(_ json: Value) -> WorkflowDocument? {
        guard let root = json.object else {
            self.add(.error("INVALID_TYPE", "A workflow must be a JSON object, but this is \(json.kindName)"))
            return nil
        }
        let metadata = self.object("metadata", of: root) ?? [:]
        guard let (nodes, alternateIDs) = self.nodes(of: root) else { return nil }
        let errorsBefore = self.errorCount
        guard let connections = self.connections(of: root, alternateIDs: alternateIDs) else { return nil }
        let errorsOfConnections = self.errorCount - errorsBefore
        var document = WorkflowDocument(
            name: Self.name(metadata: metadata, root: root), metadata: metadata, nodes: nodes,
            connections: connections, variables: self.variables(of: root), settings: self.settings(of: root),
            interface: self.interface(of: root), subflows: self.subflows(of: root), members: Self.rest(of: root))
        self.checkMetadata(metadata, root: root)
        if let overflow = Reroutes.remove(from: &document) { self.add(overflow) }
        if document.nodes.isEmpty {
            self.add(.error("EMPTY_WORKFLOW", "The workflow has nothing but reroute nodes: there is nothing to run"))
        }
        if self.errorCount == 0 { return document }
        if self.errorCount == errorsOfConnections { self.remainder = document }
        return nil
    }

    private var errorCount: Int { self.issues.count(where: \.isError) }

    /// The members of the file that are parsed into parts of the document.
    private static let ownKeys: Set<String> = [
        "connections", "inputs", "metadata", "nodes", "outputs", "parameters", "settings", "subflows", "variables",
    ]

    /// What is kept to be written again. A file's word that it was validated is not: nobody can take it (§1).
    private static func rest(of root: Object) -> Object {
        Object(
            root.lazy.filter { $0.key != "__validated__" }.map {
                ($0.key, Self.ownKeys.contains($0.key) ? nil : $0.value)
            })
    }

    /// A member that must be an object where it is given; `null` counts as not given.
    private mutating func object(_ key: String, of root: Object) -> Object? {
        guard let value = root[key], !value.isNull else { return nil }
        if let object = value.object { return object }
        self.add(.error("INVALID_TYPE", "'\(key)' must be an object, but it is \(value.kindName)", at: key))
        return nil
    }

    static func name(metadata: Object, root: Object) -> String {
        for candidate in [metadata["name"]?.string, root["name"]?.string].compactMap(\.self)
        where candidate.contains(where: { !$0.isWhitespace }) {
            return candidate
        }
        return WorkflowDocument.untitled
    }

    private mutating func subflows(of root: Object) -> [(path: String, document: Value)] {
        (self.object("subflows", of: root) ?? [:]).map { ($0.key, $0.value) }
    }
}

// MARK: - Metadata and settings

extension DocumentParser {
    private mutating func checkMetadata(_ metadata: Object, root: Object) {
        let name = Self.name(metadata: metadata, root: root)
        if (metadata["name"] ?? root["name"])?.string?.contains(where: { !$0.isWhitespace }) != true {
            self.add(
                .warning(
                    "MISSING_NAME", "The workflow has no name; it is called '\(name)'", at: "metadata.name",
                    suggestion: "Set metadata.name"))
        }
        if DocumentLimits.exceeds(name, DocumentLimits.nameCharactersRecommendedMax),
            !DocumentLimits.exceeds(name, DocumentLimits.nameCharactersMax)
        {
            self.add(
                .warning(
                    "NAME_TOO_LONG", "The workflow's name is \(name.unicodeScalars.count) characters long",
                    at: "metadata.name",
                    suggestion: "Keep it to \(DocumentLimits.nameCharactersRecommendedMax) and use the description"))
        }
        self.checkLength(name, DocumentLimits.nameCharactersMax, of: "name")
        for (key, maximum) in [
            ("description", DocumentLimits.descriptionCharactersMax), ("version", DocumentLimits.versionCharactersMax),
        ] {
            self.checkLength((metadata[key] ?? root[key])?.string ?? "", maximum, of: key)
        }
        if let version = metadata["schema_version"] ?? root["$schema_version"], !version.isNull,
            version.displayText.split(separator: ".").first != "1"
        {
            self.add(
                .warning(
                    "SCHEMA_VERSION_MISMATCH",
                    "The workflow says schema version \(DocumentLimits.shortened(version.displayText)); "
                        + "it is read as version 1.0.0",
                    at: "metadata.schema_version",
                    suggestion: "Save it again in the current format, or check that it runs as it should"))
        }
    }

    private mutating func checkLength(_ text: String, _ maximum: Int, of key: String) {
        if DocumentLimits.exceeds(text, maximum) {
            self.add(
                .error(
                    "LIMIT_EXCEEDED",
                    "The workflow's \(key) has \(text.unicodeScalars.count) characters, "
                        + "which exceeds maximum \(maximum)",
                    at: "metadata.\(key)", suggestion: "Shorten it"))
        }
    }

    private mutating func settings(of root: Object) -> WorkflowDocument.Settings {
        self.settings(self.object("settings", of: root) ?? [:])
    }

    mutating func settings(_ given: Object) -> WorkflowDocument.Settings {
        var settings = WorkflowDocument.Settings(members: given)
        if let value = given["stop_on_error"], !value.isNull {
            if let stops = value.bool {
                settings.stopOnError = stops
            } else {
                self.addUnusableSetting("stop_on_error", value, "true or false", instead: "true")
            }
        }
        if let value = given["timeout"], !value.isNull {
            if let seconds = Self.number(value), seconds > 0, seconds.isFinite {
                settings.timeoutSeconds = seconds
            } else {
                self.addUnusableSetting("timeout", value, "a number of seconds above 0", instead: "the standard limit")
            }
        }
        if let value = given["retry_count"], !value.isNull {
            let count = Self.number(value).flatMap(Int.init(exactly:)) ?? -1
            settings.retryCount = min(max(count, 0), WorkflowDocument.Settings.retryCountMax)
            if count != settings.retryCount {
                self.addUnusableSetting(
                    "retry_count", value, "a whole number from 0 to \(WorkflowDocument.Settings.retryCountMax)",
                    instead: "\(settings.retryCount)")
            }
        }
        settings.onRecovery = OnRecovery(written: given["on_recovery"])
        return settings
    }

    private mutating func addUnusableSetting(_ key: String, _ value: Value, _ wanted: String, instead: String) {
        self.add(
            .warning(
                "INVALID_SETTING",
                "Setting '\(key)' is \(DocumentLimits.shortened(value.displayText)), but must be \(wanted); "
                    + "\(instead) is used",
                at: "settings.\(key)", suggestion: "Set it to \(wanted), or leave it out"))
    }

    /// A number, also one that was written as text.
    private static func number(_ value: Value) -> Double? { value.double ?? value.string.flatMap(Double.init) }
}
