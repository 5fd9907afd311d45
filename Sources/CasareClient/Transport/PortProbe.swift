import NIOCore
import NIOPosix

/// Whether something listens on a port.
public enum PortProbe {
    /// Connects, and closes the connection without a word.
    ///
    /// - Returns: why it cannot be connected to; `nil` where it can.
    public static func problem(host: String, port: Int, limit: Duration) async -> String? {
        do {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(TimeAmount(limit))
                .connect(host: host, port: port).get()
            // It fails only when the other side has closed it already.
            try? await channel.close()
            return nil
        } catch {
            let call = Call(method: .get, path: "/", mayRepeat: false)
            switch ClientError(error, call: call, url: "http://\(host):\(port)", limit: limit) {
            case .unreachable(_, let reason), .tlsFailed(_, let reason), .notCasare(_, let reason): return reason
            case .timedOut: return "nothing answered in time to connect"
            case .cancelled: return "cancelled"
            case .api, .versionSkew, .responseTooLarge, .invalidURL, .invalidTLS, .invalidRequest: return "\(error)"
            }
        }
    }
}
