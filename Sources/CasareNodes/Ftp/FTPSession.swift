import CCurl
import CasareEngine
import Glibc
import Synchronization

/// A run's connection to an FTP or SFTP server.
///
/// libcurl keeps the control connection open between the nodes, and opens it anew when the server has dropped it. The
/// methods block: they belong on an `OwnThread`.
///
/// `@unchecked`: "You can pass the handles around among threads, but you must never use a single handle from more than
/// one thread at any given time" (libcurl-thread(3)). The lock sees to that.
final class FTPSession: RunResource, @unchecked Sendable {
    /// What the run's session keeps it under: there is one connection per run.
    static let resourceName = "ftp"
    private static let listingBytesMax = 16 << 20
    /// How long a server may take to say goodbye.
    private static let farewellSeconds = 3

    let server: FTPServer
    private let addresses: ServerAddresses
    private let lock = Mutex(())
    // All that follows is used with the lock held only.
    private var handle: CurlHandle
    /// Where the server has the session begin; nil when it does not say, and of SFTP.
    private var entryPath: String?
    private var allowsTLS13 = false

    init(_ server: FTPServer, at addresses: ServerAddresses) throws {
        self.server = server
        self.addresses = addresses
        self.handle = try CurlHandle()
    }

    /// The run's connection.
    static func current(_ environment: NodeEnvironment) async throws(NodeFailure) -> FTPSession {
        guard let session = await environment.session.resource(Self.resourceName, as: FTPSession.self) else {
            throw NodeFailure("NodeError", "No FTP connection. Use FTP Connect node first.")
        }
        return session
    }

    /// Connects and signs in.
    ///
    /// - Returns: What the server greets with; SFTP servers do not greet.
    func connect(_ cancellation: OwnThread.Cancellation) throws -> String {
        try self.lock.withLock { _ in
            let what = "Cannot connect to \(self.server.name)"
            do {
                try self.transfer(what, cancellation) { $0.set(CURLOPT_NOBODY, 1) }
            } catch let error as ServiceFailure where error.isTLSRefusal && !self.allowsTLS13 {
                self.allowsTLS13 = true
                try self.transfer(what, cancellation) { $0.set(CURLOPT_NOBODY, 1) }
            }
            self.entryPath = self.handle.entryPath
            return self.handle.lines.prefix { $0.hasPrefix("220") }.joined(separator: "\n")
        }
    }

    func perform(
        _ commands: [String], _ what: String, _ cancellation: OwnThread.Cancellation
    ) throws {
        try self.lock.withLock { _ in
            try self.transfer(what, cancellation) { handle in
                handle.set(CURLOPT_NOBODY, 1)
                handle.set(CURLOPT_QUOTE, commands)
            }
        }
    }

    /// Makes a directory and those above it; whatever exists is left as it is.
    func makeDirectories(_ path: RemotePath, _ cancellation: OwnThread.Cancellation) throws {
        var commands = try path.levels.flatMap {
            RemoteCommand.makeDirectory($0).lines(self.server.transport, mayFail: true)
        }
        let what = "Cannot make \(path) on \(self.server.name)"
        switch self.server.transport {
        case .ftp, .ftps:
            // A refusal means that it exists or that it cannot be made: going there tells which. And back again.
            if let start = self.lock.withLock({ _ in self.entryPath }) { commands += ["CWD \(path)", "CWD \(start)"] }
            try self.perform(commands, what, cancellation)
        case .sftp:
            try self.perform(commands, what, cancellation)
            _ = try self.list(path, isDetailed: false, cancellation, during: what)
        }
    }

    /// The lines of a directory's listing: names, or whatever form the server gives details in.
    func list(
        _ path: RemotePath, isDetailed: Bool, _ cancellation: OwnThread.Cancellation, during what: String? = nil
    ) throws -> [String] {
        let what = what ?? "Cannot list \(path) on \(self.server.name)"
        var listing: [UInt8] = []
        try self.lock.withLock { _ in
            try self.transfer(what, cancellation) { handle in
                switch self.server.transport {
                case .ftp, .ftps:
                    let command = isDetailed ? "LIST" : "NLST"
                    handle.set(CURLOPT_CUSTOMREQUEST, path.text == "." ? command : "\(command) \(path)")
                case .sftp:
                    let directory = try RemotePath(path.text == "." ? "" : path.text + "/")
                    handle.set(CURLOPT_URL, self.server.url(of: directory))
                    handle.set(CURLOPT_DIRLISTONLY, isDetailed ? 0 : 1)
                }
                handle.receive = { bytes in
                    listing += bytes
                    return listing.count <= Self.listingBytesMax
                }
            }
        }
        return Self.text(listing).split(whereSeparator: \.isNewline).map(String.init)
            .filter { isDetailed || ($0 != "." && $0 != "..") }
    }

    /// - Returns: The size of a file; `nil` when there is no such file.
    func size(of path: RemotePath, _ cancellation: OwnThread.Cancellation) throws -> Int? {
        let what = "Cannot tell the size of \(path) on \(self.server.name)"
        do {
            let size = try self.lock.withLock { _ in
                try self.transfer(what, cancellation) { handle in
                    handle.set(CURLOPT_URL, self.server.url(of: path))
                    handle.set(CURLOPT_NOBODY, 1)
                }
                return self.handle.contentLength
            }
            if let size { return size }
            guard self.server.transport == .sftp else {
                throw ServiceFailure("NodeError", "\(what): the server does not say")
            }
            // Of an empty file libcurl says as much as of one whose size the server does not tell.
            var received = 0
            try self.download(path, isBinary: true, cancellation) { bytes in
                received += bytes.count
                return true
            }
            return received
        } catch let error as ServiceFailure where error.failure.type == "FileNotFoundError" {
            return nil
        }
    }

    /// - Parameter before: Commands to send first.
    func upload(
        to path: RemotePath, size: Int?, isBinary: Bool, before commands: [String],
        _ cancellation: OwnThread.Cancellation, _ supply: @escaping (UnsafeMutableRawBufferPointer) -> Int?
    ) throws {
        try self.lock.withLock { _ in
            try self.transfer("Cannot store \(path) on \(self.server.name)", cancellation) { handle in
                handle.set(CURLOPT_URL, self.server.url(of: path))
                handle.set(CURLOPT_UPLOAD, 1)
                handle.set(CURLOPT_TRANSFERTEXT, isBinary ? 0 : 1)
                handle.set(CURLOPT_INFILESIZE_LARGE, size: size ?? -1)
                handle.set(CURLOPT_QUOTE, commands)
                handle.supply = supply
            }
        }
    }

    func download(
        _ path: RemotePath, isBinary: Bool, _ cancellation: OwnThread.Cancellation,
        _ receive: @escaping (UnsafeRawBufferPointer) -> Bool
    ) throws {
        try self.lock.withLock { _ in
            try self.transfer("Cannot fetch \(path) from \(self.server.name)", cancellation) { handle in
                handle.set(CURLOPT_URL, self.server.url(of: path))
                handle.set(CURLOPT_TRANSFERTEXT, isBinary ? 0 : 1)
                handle.receive = receive
            }
        }
    }

    /// Ends the connection, with the protocol's goodbye where there is one and the task is not cancelled.
    func close() async {
        // Whatever becomes of it, the connection is cut afterwards.
        try? await OwnThread.run { cancellation in
            try self.lock.withLock { _ in
                guard self.handle.socket != nil, self.server.transport != .sftp else { return }
                try self.transfer("", cancellation) { handle in
                    handle.set(CURLOPT_NOBODY, 1)
                    handle.set(CURLOPT_QUOTE, ["*QUIT"])
                    handle.set(CURLOPT_SERVER_RESPONSE_TIMEOUT, Self.farewellSeconds)
                }
            }
        }
        await OwnThread.finish { self.lock.withLock { _ in self.startAnew() } }
    }

    // MARK: Options

    private func transfer(
        _ what: String, _ cancellation: OwnThread.Cancellation, _ options: (CurlHandle) throws -> Void
    ) throws {
        let handle = self.handle
        handle.reset()
        handle.set(CURLOPT_URL, self.server.url(of: try RemotePath("")))
        handle.set(CURLOPT_RESOLVE, [self.addresses.entry(port: self.server.port)])
        handle.set(CURLOPT_USERNAME, self.server.user)
        handle.set(CURLOPT_PASSWORD, self.server.password)
        handle.set(CURLOPT_CONNECTTIMEOUT, self.server.timeout)
        handle.set(CURLOPT_SERVER_RESPONSE_TIMEOUT, self.server.timeout)
        // A transfer may take as long as the node may, but not without moving.
        handle.set(CURLOPT_LOW_SPEED_LIMIT, 1)
        handle.set(CURLOPT_LOW_SPEED_TIME, self.server.timeout)
        switch self.server.transport {
        case .ftp, .ftps: self.setFTPOptions()
        case .sftp: self.setSFTPOptions()
        }
        try options(handle)
        do {
            try handle.perform(cancellation)
        } catch let error as CurlFailure {
            let failure = self.failure(error, what).hiding(self.server.password)
            if !error.leavesConnection { self.startAnew() }
            throw failure
        } catch {
            self.startAnew()
            throw error
        }
    }

    /// Gives up the connection. libcurl may keep one whose replies it has lost count of (seen with 7.88 when a server
    /// refuses a transfer and closes its TLS connection), and would take the next reply for the last one's.
    private func startAnew() {
        // Without it libcurl would say its own goodbye and wait for an answer for two minutes.
        if let socket = self.handle.socket { shutdown(socket, Int32(SHUT_RDWR)) }
        // A handle costs memory only; where there is none, the old one stays.
        if let fresh = try? CurlHandle() { self.handle = fresh }
    }

    private func setFTPOptions() {
        let handle = self.handle
        // Paths go to the server as they are, without changing directories on the way.
        handle.set(CURLOPT_FTP_FILEMETHOD, Int(CURLFTPMETHOD_NOCWD.rawValue))
        // Transfers go to where the connection goes, whatever address the server names for them.
        handle.set(CURLOPT_FTP_SKIP_PASV_IP, 1)
        if !self.server.isPassive { handle.set(CURLOPT_FTPPORT, "-") }
        if self.server.usesTLS || self.server.transport == .ftps {
            handle.set(CURLOPT_USE_SSL, Int(CURLUSESSL_ALL.rawValue))
            handle.set(CURLOPT_FTPSSLAUTH, Int(CURLFTPAUTH_TLS.rawValue))
            // Many servers want each transfer to resume the session's TLS. libcurl 7.88 does so with TLS 1.3 only every
            // other time (seen with ProFTPD), with TLS 1.2 always.
            if !self.allowsTLS13 { handle.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_MAX_TLSv1_2)) }
        }
        if let authority = self.server.authority { handle.set(CURLOPT_CAINFO, authority) }
    }

    private func setSFTPOptions() {
        let handle = self.handle
        // Not the robot's own keys and agent, which libcurl would try too.
        var methods = Int(CURLSSH_AUTH_PASSWORD) | Int(CURLSSH_AUTH_KEYBOARD)
        if let key = self.server.privateKey {
            methods = Int(CURLSSH_AUTH_PUBLICKEY)
            handle.set(CURLOPT_SSH_PRIVATE_KEYFILE, key)
            handle.set(CURLOPT_KEYPASSWD, self.server.password)
        }
        handle.set(CURLOPT_SSH_AUTH_TYPES, methods)
        if let hostKey = self.server.hostKey {
            handle.set(CURLOPT_SSH_HOST_PUBLIC_KEY_SHA256, hostKey)
        } else {
            handle.set(CURLOPT_SSH_KNOWNHOSTS, self.server.knownHosts)
        }
    }

    private func failure(_ error: CurlFailure, _ what: String) -> ServiceFailure {
        guard self.server.transport == .sftp else { return error.during(what) }
        switch self.handle.hostKeyMatch {
        case CURLKHMATCH_MISSING?:
            return ServiceFailure(
                "SecurityError",
                "\(what): its host key \(self.handle.hostKeyFingerprint ?? "") is not in \(self.server.knownHosts). "
                    + "If it is the server's, add it there (ssh-keyscan), or give the fingerprint in host_key")
        case CURLKHMATCH_MISMATCH?:
            return ServiceFailure(
                "SecurityError",
                "\(what): its host key is not the one in \(self.server.knownHosts); somebody may be in between")
        default:
            if error.code == CURLE_PEER_FAILED_VERIFICATION {
                return ServiceFailure(
                    "SecurityError", "\(what): its host key is not the one in host_key: \(error.text)")
            }
            return error.during(what)
        }
    }

    private static func text(_ bytes: [UInt8]) -> String {
        String(validating: bytes, as: UTF8.self)
            ?? String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }
}
