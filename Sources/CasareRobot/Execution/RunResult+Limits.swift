import CasareDomain

extension RunResult {
    /// Of logs, when they must be cut: the newest lines.
    private static let logBytesKept = 1 << 20
    /// Room for the line of the log that says what was left out.
    private static let noteBytesMax = 1 << 10
    private static let variablesNamedMax = 3

    private var bytes: Int { Value.object(self.json).jsonText(.compact).utf8.count }

    /// What is stored of this result, and of the failure that it ends with.
    ///
    /// What only serves to look into the run is left out first, and the log says so. Variables are what the run was
    /// made for: without them a run that succeeded is `rejected`, which is never tried again. One that failed keeps its
    /// failure.
    func storable(
        with failure: Failure?, bytesMax: Int
    ) -> (result: RunResult, failure: Failure?) {
        var failure = failure
        if let message = failure?.message { failure?.message = ReportLimits.shortened(message) }
        var result = self
        result.error = self.error.map(ReportLimits.shortened)
        let bytes = result.bytes
        guard bytes > bytesMax else { return (result, failure) }

        let limit = ReportLimits.text(bytes: bytesMax)
        var omitted: [String] = []
        func note() -> String {
            "The result was \(ReportLimits.text(bytes: bytes)) and may be \(limit): left out are "
                + omitted.joined(separator: ", ")
        }
        for (name, leaveOut) in Self.reductions {
            guard leaveOut(&result) else { continue }
            omitted.append(name)
            if result.bytes <= bytesMax - Self.noteBytesMax {
                result.logs.append(note())
                return (result, failure)
            }
        }
        if failure == nil {
            let message =
                "the result is too large to be stored: its variables take "
                + "\(ReportLimits.text(bytes: Value.object(self.variables).jsonText(.compact).utf8.count)) and may take "
                + "\(limit), the largest of them \(self.largestVariables); let the workflow write such data to a file, "
                + "or clear the variables before it ends"
            failure = Failure(kind: .rejected, message: message, type: "ResultTooLarge")
            result.success = false
            result.error = message
        }
        omitted.append("variables")
        result.variables = [:]
        result.logs = [note()]
        return (result, failure)
    }

    /// Each leaves something out, if there is any of it. The last makes way for everything else.
    private static let reductions: [(name: String, leaveOut: @Sendable (inout RunResult) -> Bool)] = [
        (
            "node_outputs",
            { result in
                defer { result.nodeOutputs = nil }
                return result.nodeOutputs != nil
            }
        ),
        (
            "trace",
            { result in
                defer { result.trace = nil }
                return result.trace != nil
            }
        ),
        (
            "the older lines of logs",
            { result in
                let count = result.logs.count
                result.logs = Self.newest(result.logs)
                return result.logs.count < count
            }
        ),
        (
            "node_errors",
            { result in
                defer { result.nodeErrors = [] }
                return !result.nodeErrors.isEmpty
            }
        ),
        (
            "logs",
            { result in
                defer { result.logs = [] }
                return !result.logs.isEmpty
            }
        ),
    ]

    private static func newest(_ lines: [String]) -> [String] {
        var room = self.logBytesKept
        let kept = lines.reversed().prefix { line in
            room -= Value.string(line).jsonText(.compact).utf8.count
            return room >= 0
        }
        return kept.reversed()
    }

    private var largestVariables: String {
        self.variables.map { ($0.key, $0.value.jsonText(.compact).utf8.count) }
            .sorted { $0.1 > $1.1 }.prefix(Self.variablesNamedMax)
            .map { "\($0.0.prefix(60)) (\(ReportLimits.text(bytes: $0.1)))" }.joined(separator: ", ")
    }
}
