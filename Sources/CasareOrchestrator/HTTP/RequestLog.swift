import CasareDomain
import Logging
import Synchronization

/// The log of one request, which learns on the way whose request it is.
final class RequestLog: Sendable {
    private let current: Mutex<Logger>

    /// - Parameter logger: of the server.
    init(_ logger: Logger, id: String, trace: TraceID) {
        var logger = logger
        logger[metadataKey: "request.id"] = .string(id)
        logger[metadataKey: RequestTrace.logKey] = .string(trace.description)
        self.current = Mutex(logger)
    }

    /// With all that is known by now.
    var logger: Logger { self.current.withLock { $0 } }

    /// - Parameter tenant: its name; `nil`: nobody could say.
    func isOf(tenant: String?) {
        guard let tenant else { return }
        self.current.withLock { $0[metadataKey: TenantNames.logKey] = .string(tenant) }
    }
}
