/// The programs that tell of themselves, as they are called there.
package enum TelemetryProgram: String, Hashable, Sendable, CaseIterable {
    case orchestrator = "casare-orchestrator"
    case robot = "casare-robot"
    case casarectl
}
