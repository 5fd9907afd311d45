import Glibc

/// A server that takes connections and never says a word.
struct SilentServer: Sendable {
    let port: Int
    fileprivate let socket: Int32

    /// Whether somebody has connected.
    var hasVisitor: Bool {
        var entry = pollfd(fd: self.socket, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) > 0
    }

    static func with<Result>(_ body: (SilentServer) async throws -> Result) async throws -> Result {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        // The system takes connections in for a program that listens, whether it accepts them or not.
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(socket, address, length) == 0 && listen(socket, 8) == 0
                    && getsockname(socket, address, &length) == 0
            }
        }
        precondition(isListening, "No port on loopback")
        return try await body(SilentServer(port: Int(UInt16(bigEndian: address.sin_port)), socket: socket))
    }
}
