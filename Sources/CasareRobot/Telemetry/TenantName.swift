import Synchronization

/// Whose jobs a robot runs, once a session has said so.
final class TenantName: Sendable {
    private let known = Mutex<String?>(nil)

    var name: String? {
        get { self.known.withLock { $0 } }
        set { self.known.withLock { $0 = newValue } }
    }
}
