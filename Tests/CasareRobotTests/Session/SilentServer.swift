import Glibc
import Synchronization

/// Takes connections on loopback, reads whatever comes and never says a word.
final class SilentServer: Sendable {
    let port: Int
    private let listener: Int32
    private let clients = Mutex<[Int32]>([])

    init() {
        self.listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = self.listener
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        precondition(isListening, "No port on loopback")
        _ = fcntl(listener, F_SETFL, O_NONBLOCK)
        self.port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit {
        close(self.listener)
        for client in self.clients.withLock({ $0 }) { close(client) }
    }

    /// How many clients have come so far.
    var clientCount: Int {
        self.clients.withLock { clients in
            while true {
                let client = accept(self.listener, nil, nil)
                guard client >= 0 else { return clients.count }
                _ = fcntl(client, F_SETFL, O_NONBLOCK)
                clients.append(client)
            }
        }
    }

    /// Whether none of them is there any more.
    var isDeserted: Bool {
        self.clients.withLock { clients in clients.allSatisfy(Self.isGone) }
    }

    private static func isGone(_ client: Int32) -> Bool {
        var bytes = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(client, &bytes, bytes.count, 0)
            if count > 0 { continue }
            // At the end, or cut off; otherwise there is nothing to read just now.
            return count == 0 || (errno != EAGAIN && errno != EINTR)
        }
    }
}
