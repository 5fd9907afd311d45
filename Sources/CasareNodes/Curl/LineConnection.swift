import CCurl
import CasareEngine
import Glibc

/// A mail server's connection, opened by libcurl with TLS and its checks, over which lines and bytes are exchanged.
///
/// Everything here blocks; it belongs on one `OwnThread`.
final class LineConnection {
    enum Security: Sendable {
        /// TLS from the first byte.
        case implicit
        /// STARTTLS, or no connection.
        case startTLS
        case startTLSIfOffered
        case none
    }

    struct Server: Sendable {
        /// `smtp` or `imap`.
        var scheme: String
        var host: HostName
        var port: Int
        var security: Security
        /// The file of an authority's certificate to be trusted beside the system's.
        var authority: String?
        /// Seconds to wait for anything the server should send or take.
        var timeout: Int

        var allowsInternal: Bool

        var name: String { "\(self.host.inURL):\(self.port)" }

        /// - Throws: As `ServerAddresses`.
        func addresses() async throws -> ServerAddresses {
            try await ServerAddresses(of: self.host, seconds: self.timeout, allowsInternal: self.allowsInternal)
        }
    }

    private static let chunkBytes = 16 << 10
    /// How long a wait lasts before it looks whether it is still wanted.
    private static let waitMilliseconds: Int32 = 100

    let server: Server
    private let handle: CurlHandle
    private let cancellation: OwnThread.Cancellation
    private var buffer: [UInt8] = []
    private var position = 0

    /// Connects; of SMTP also the greetings, and the signing in when there is a user name.
    ///
    /// - Throws: `ServiceFailure`, `CancellationError`.
    init(
        to server: Server, at addresses: ServerAddresses, user: String = "", password: String = "",
        cancellation: OwnThread.Cancellation
    ) throws {
        self.server = server
        self.cancellation = cancellation
        self.handle = try CurlHandle()
        let scheme = server.security == .implicit ? server.scheme + "s" : server.scheme
        self.handle.reset()
        self.handle.set(CURLOPT_URL, "\(scheme)://\(server.name)/")
        self.handle.set(CURLOPT_RESOLVE, [addresses.entry(port: server.port)])
        self.handle.set(CURLOPT_CONNECT_ONLY, 1)
        self.handle.set(CURLOPT_CONNECTTIMEOUT, server.timeout)
        self.handle.set(CURLOPT_SERVER_RESPONSE_TIMEOUT, server.timeout)
        // Beside what is above, the time for all of it, whose steps are few.
        self.handle.set(CURLOPT_TIMEOUT, 2 * server.timeout)
        switch server.security {
        case .implicit, .startTLS: self.handle.set(CURLOPT_USE_SSL, Int(CURLUSESSL_ALL.rawValue))
        case .startTLSIfOffered: self.handle.set(CURLOPT_USE_SSL, Int(CURLUSESSL_TRY.rawValue))
        case .none: break
        }
        if let authority = server.authority { self.handle.set(CURLOPT_CAINFO, authority) }
        if !user.isEmpty {
            self.handle.set(CURLOPT_USERNAME, user)
            self.handle.set(CURLOPT_PASSWORD, password)
            // Not what would use the robot's own tickets (GSSAPI) or weak hashes.
            self.handle.set(CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN;AUTH=CRAM-MD5")
        }
        do {
            try self.handle.perform(cancellation)
        } catch let error as CurlFailure {
            throw error.during("Cannot connect to \(server.name)").hiding(password)
        }
    }

    /// The code of the last reply before the connection was handed over: 235 after a successful SMTP sign-in.
    var openingCode: Int { self.handle.responseCode }

    /// - Throws: `ServiceFailure`, `CancellationError`.
    func send(_ text: String) throws { try self.send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = try self.reporting {
                try bytes.withUnsafeBytes { try self.handle.send(.init(rebasing: $0[sent...])) }
            }
            if let count {
                sent += count
            } else {
                try self.wait(for: Int16(POLLOUT), seconds: self.server.timeout)
            }
        }
    }

    /// The next line, without its end.
    ///
    /// - Parameter seconds: How long to wait for more of it.
    func line(bytesMax: Int, seconds: Int? = nil) throws -> [UInt8] {
        var searched = self.position
        while true {
            if let end = self.buffer[searched...].firstIndex(of: 0x0A) {
                let line = self.buffer[self.position..<end]
                self.position = end + 1
                return Array(line.last == 0x0D ? line.dropLast() : line)
            }
            guard self.buffer.count - self.position <= bytesMax else {
                throw ServiceFailure("NetworkError", "\(self.server.name) sent a line of more than \(bytesMax) bytes")
            }
            searched = self.buffer.count
            let discarded = try self.fill(seconds: seconds ?? self.server.timeout)
            searched -= discarded
        }
    }

    /// The next bytes, as many as were announced.
    func bytes(_ count: Int) throws -> [UInt8] {
        while self.buffer.count - self.position < count { _ = try self.fill(seconds: self.server.timeout) }
        defer { self.position += count }
        return Array(self.buffer[self.position..<(self.position + count)])
    }

    /// Reads what has come, or waits for something to come.
    ///
    /// - Returns: By how much the positions in the buffer moved down.
    private func fill(seconds: Int) throws -> Int {
        let discarded = self.position
        self.buffer.removeFirst(discarded)
        self.position = 0
        while true {
            if self.cancellation.isRequested { throw CancellationError() }
            let count = try self.reporting {
                try withUnsafeTemporaryAllocation(byteCount: Self.chunkBytes, alignment: 1) { chunk in
                    let count = try self.handle.receive(into: chunk)
                    self.buffer.append(contentsOf: chunk.prefix(count ?? 0))
                    return count
                }
            }
            switch count {
            case nil: try self.wait(for: Int16(POLLIN), seconds: seconds)
            case 0: throw ServiceFailure.lost(self.server.name)
            default: return discarded
            }
        }
    }

    private func reporting<R>(_ work: () throws -> R) throws -> R {
        do {
            return try work()
        } catch let error as CurlFailure {
            throw error.during("Lost the connection to \(self.server.name)")
        }
    }

    /// Waits until the socket is ready.
    private func wait(for events: Int16, seconds: Int) throws {
        guard let socket = self.handle.socket else { throw ServiceFailure.lost(self.server.name) }
        let deadline = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < deadline {
            if self.cancellation.isRequested { throw CancellationError() }
            var entry = pollfd(fd: socket, events: events, revents: 0)
            if poll(&entry, 1, Self.waitMilliseconds) > 0 { return }
        }
        throw ServiceFailure.timeout(self.server.name, seconds: seconds)
    }
}
