import CasareDomain

/// How one alert stands, for one set of labels.
struct AlertFinding: Hashable, Sendable, Encodable {
    enum State: String, Hashable, Sendable, Encodable {
        /// Its expression holds now; for how long it has, nobody has looked.
        case firing
        /// It was not found to hold, and what there was to look at does not go far enough.
        case unknown
        case inactive
    }

    let alert: String
    let severity: String?
    let state: State
    let labels: Object
    /// `nil`: none, or one that is no number.
    let value: Double?
    /// How long Prometheus has it hold before it fires; it is not waited for here.
    let forSeconds: Double
    /// Why the answer is of less than the whole expression asks for.
    let partial: String?
    let summary: String?
    let runbook: String?

    init(_ rule: AlertRule, _ element: PromQLValue.Element, partial: String? = nil) {
        self.init(
            rule, .firing, element.labels.withoutName.merging(rule.labels) { _, own in own },
            element.value.isFinite ? element.value : nil, partial)
    }

    /// One that does not fire.
    init(quiet rule: AlertRule, partial: String? = nil) {
        self.init(rule, partial == nil ? .inactive : .unknown, rule.labels, nil, partial)
    }

    private init(_ rule: AlertRule, _ state: State, _ labels: PromQLLabels, _ value: Double?, _ partial: String?) {
        self.alert = rule.name
        self.severity = rule.severity
        self.state = state
        self.labels = Object(
            labels.filter { $0.key != "severity" }.sorted { $0.key < $1.key }.map { ($0.key, Value.string($0.value)) })
        self.value = value
        self.forSeconds = rule.holdsForSeconds
        self.partial = partial
        self.summary = rule.summary
        self.runbook = rule.runbook
    }
}

extension AlertFinding {
    static let columns: [Column<AlertFinding>] = [
        Column("alert") { .text($0.alert) },
        Column("severity") { .severity($0.severity) },
        Column("state") { .state($0.state.rawValue, $0.state.tone) },
        Column("labels", shrinks: true) { .text($0.labelText) },
        Column("value") { .text($0.value.map(Self.text)) },
        Column("for") { $0.forSeconds > 0 ? .duration(seconds: $0.forSeconds) : .empty },
        Column("summary", shrinks: true) { .text($0.summary) },
        Column("partial", wide: true) { .text($0.partial) },
        Column("runbook", wide: true) { .text($0.runbook) },
    ]

    private var labelText: String? {
        self.labels.isEmpty ? nil : self.labels.map { "\($0.key)=\($0.value.displayText)" }.joined(separator: ",")
    }

    /// Whole numbers as they are, others with three digits behind the point.
    private static func text(_ value: Double) -> String {
        let rounded = (value * 1000).rounded() / 1000
        return Value.double(rounded.isFinite ? rounded : value).displayText
    }
}

extension AlertFinding.State {
    fileprivate var tone: Tone {
        switch self {
        case .firing: .bad
        case .unknown: .attention
        case .inactive: .good
        }
    }
}

extension Cell {
    /// How loudly an alert is told of.
    static func severity(_ severity: String?) -> Cell {
        guard let severity else { return .empty }
        switch severity {
        case "critical": return .state(severity, .bad)
        case "warning": return .state(severity, .attention)
        default: return .text(severity)
        }
    }
}
