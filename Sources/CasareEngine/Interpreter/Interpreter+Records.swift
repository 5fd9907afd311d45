import CasareDomain

/// What a run leaves behind beside its variables. Every list has a bound: a loop may go round a million times.
extension Interpreter {
    struct Records {
        /// Trace entries that are kept; a longer trace is cut here.
        static let traceEntriesMax = 100_000
        /// Log lines that are kept; the run goes on without keeping more.
        static let logLinesMax = 100_000
        /// Failures of nodes that are kept, handled ones included.
        static let nodeErrorsMax = 10_000
        /// Warnings that are told once each.
        static let warningsMax = 10_000

        private(set) var logs: [String] = []
        private(set) var trace: [String] = []
        private(set) var nodeErrors: [RunResult.NodeError] = []
        private var newEvents: [RunEvent] = []
        private var warnings: Set<String> = []

        mutating func note(_ entry: String) {
            if self.trace.count < Self.traceEntriesMax { self.trace.append(entry) }
        }

        mutating func note(_ failure: NodeFailure, of node: String) {
            guard self.nodeErrors.count < Self.nodeErrorsMax else { return }
            self.nodeErrors.append(.init(node: node, error: failure.message, type: failure.type))
        }

        mutating func keep(_ line: String) {
            if self.logs.count < Self.logLinesMax { self.logs.append(line) }
        }

        /// For whoever is told of events. What nobody takes must not be kept.
        mutating func tell(_ level: PureContext.LogLevel, _ node: String, _ message: String) {
            self.newEvents.append(.log(level: level, node: node, message: message))
        }

        mutating func warnOnce(_ node: String, _ message: String) {
            guard self.warnings.count < Self.warningsMax, self.warnings.insert("\(node): \(message)").inserted else {
                return
            }
            self.newEvents.append(.warning(node: node, message: message))
        }

        mutating func takeNewEvents() -> [RunEvent] {
            defer { self.newEvents.removeAll(keepingCapacity: true) }
            return self.newEvents
        }
    }

    mutating func note(_ node: CompiledNode) {
        guard self.settings.options.trace else { return }
        self.records.note(node.isDisabled ? "\(node.id) (bypassed)" : node.id)
    }

    mutating func keep(_ lines: [(level: PureContext.LogLevel, message: String)], of node: CompiledNode) {
        let masking = self.masking
        for line in lines {
            let known = masking.masked(line.message)
            let message =
                self.holdsSecrets ? KeyedText.masked(known) : self.watch.showsValues ? Userinfo.masked(known) : known
            self.records.keep(message)
            if self.settings.keepsEvents { self.records.tell(line.level, node.id, message) }
        }
    }

    /// Says what a node looked for and did not find: once for each node, not once a pass.
    mutating func warnOfMisses(in scope: Scope, _ node: CompiledNode) {
        let misses = scope.variables.takeMisses()
        guard self.settings.keepsEvents else { return }
        for miss in misses {
            let isTemplate = miss.hasPrefix("{{") || miss.hasPrefix("${")
            self.records.warnOnce(
                node.id, isTemplate ? "\(miss) has no value" : "'\(miss)' has no value and counts as null")
        }
    }

    mutating func warn(_ node: CompiledNode, _ message: String) {
        if self.settings.keepsEvents { self.records.warnOnce(node.id, message) }
    }

    /// What hides the values of sensitive variables, as they are now, the secrets that the run has been given, and what
    /// watched nodes have shown to be secret.
    var masking: Masking {
        var derived = self.watch.secrets.texts
        guard self.main.program.hasSensitiveVariables || !derived.isEmpty else {
            return self.secrets?.masking ?? .nothing
        }
        if let box = self.secrets { derived += box.texts.hidden }
        guard self.main.program.hasSensitiveVariables else { return Masking([], derived: derived) }
        var secrets: [Value] = []
        var scopes = [self.main]
        if let top = self.frames.last, top.scope !== self.main { scopes.append(top.scope) }
        for scope in scopes {
            for name in self.main.program.sensitiveVariables + scope.program.sensitiveVariables {
                if let value = scope.variables.variable(name) { secrets.append(value) }
            }
        }
        return Masking(secrets, derived: derived)
    }
}
