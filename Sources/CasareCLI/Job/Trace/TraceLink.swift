/// Where the traces of jobs can be looked at, as whoever runs the tracing backend says.
struct TraceLink: Hashable, Sendable {
    static let variable = "CASARE_TRACE_URL"
    static let placeholder = "{trace_id}"

    private let template: String

    /// - Returns: `nil` where nobody says.
    /// - Throws: for a template without the placeholder: every trace would have the same address.
    init?(_ environment: Environment) throws(CommandFailure) {
        guard let template = environment.nonEmpty(Self.variable) else { return nil }
        guard template.contains(Self.placeholder) else {
            throw CommandFailure(
                .usage,
                "\(Self.variable) is '\(template)'; write the address of a trace with \(Self.placeholder) for its ID")
        }
        self.template = template
    }

    /// - Parameter traceID: 32 hexadecimal digits.
    func url(of traceID: String) -> String { self.template.replacing(Self.placeholder, with: traceID) }
}
