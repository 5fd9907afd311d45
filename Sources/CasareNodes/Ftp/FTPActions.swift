import CasareDomain
import CasareEngine
import Glibc

/// What the FTP nodes do.
enum FTPActions {
    static func connect(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        guard !inputs.string("host").isEmpty else { throw NodeFailure.value("host is required") }
        // Paths are looked up on the way, so this may block too.
        let server = try await BlockingWork.run { try FTPServer(inputs, environment) }
        let allowsInternal = inputs.allowsInternalAddresses(environment)
        let (session, greeting) = try await server.traced(environment) {
            try await RetryRule(inputs).run {
                try await ServerAddresses(of: server.host, seconds: server.timeout, allowsInternal: allowsInternal)
            } _: { addresses, cancellation -> (FTPSession, String) in
                let session = try FTPSession(server, at: addresses)
                return (session, try session.connect(cancellation))
            }
        }
        await environment.session.keep(session, as: FTPSession.resourceName)
        return NodeResult(["connected": true, "server_message": .string(greeting)])
    }

    static func disconnect(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        await environment.session.remove(FTPSession.resourceName)?.close()
        return NodeResult(["disconnected": true])
    }

    static func upload(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        let session = try await FTPSession.current(environment)
        let path = try self.filePath("remote_path", inputs)
        let isBinary = inputs["binary_mode"].bool ?? true
        let parent = inputs.bool("create_dirs") ? try path.parent : nil
        let commands = parent.map { RemoteCommand.makeDirectory($0).lines(session.server.transport, mayFail: true) }
        let sent = try await session.server.traced(environment) {
            try await RetryRule(inputs).run { cancellation -> Int in
                let local = try PathPolicy(environment).resolve(inputs.string("local_path"))
                let source = try UploadSource(local, isBinary: isBinary)
                do {
                    try session.upload(
                        to: path, size: isBinary ? source.size : nil, isBinary: isBinary, before: commands ?? [],
                        cancellation, source.read)
                } catch {
                    throw source.failure ?? error
                }
                return source.bytesRead
            }
        }
        return NodeResult(["uploaded": true, "bytes_sent": .int(sent)])
    }

    static func download(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        let session = try await FTPSession.current(environment)
        let path = try self.filePath("remote_path", inputs)
        let isBinary = inputs["binary_mode"].bool ?? true
        let overwrite = inputs.bool("overwrite")
        let download = { @Sendable (cancellation: OwnThread.Cancellation) throws -> Int in
            let local = try PathPolicy(environment).resolve(inputs.string("local_path"))
            if !overwrite, FileAccess.status(local) != nil {
                throw NodeFailure("FileExistsError", "File already exists: \(local)")
            }
            try FileAccess.makeDirectory(FileAccess.parent(of: local), parents: true)
            let file = try IncomingFile(for: local)
            var count = 0
            var writingFailure: NodeFailure?
            do {
                try session.download(path, isBinary: isBinary, cancellation) { bytes in
                    do throws(NodeFailure) {
                        try file.append(Array(bytes))
                        count += bytes.count
                        return true
                    } catch {
                        writingFailure = error
                        return false
                    }
                }
                try file.finish(overwrite: overwrite)
                return count
            } catch {
                file.discard()
                throw writingFailure ?? error
            }
        }
        let received = try await session.server.traced(environment) { try await RetryRule(inputs).run(download) }
        return NodeResult(["downloaded": true, "bytes_received": .int(received)])
    }

    static func list(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        let session = try await FTPSession.current(environment)
        let path = try RemotePath(inputs.firstText("remote_path") ?? ".")
        let isDetailed = inputs.bool("detailed")
        let items = try await self.once(session, environment) { cancellation in
            try session.list(path, isDetailed: isDetailed, cancellation)
        }
        return NodeResult(["items": .list(items.map(Value.string)), "count": .int(items.count)])
    }

    static func size(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        let session = try await FTPSession.current(environment)
        let path = try self.filePath("remote_path", inputs)
        let size = try await self.once(session, environment) { cancellation in
            try session.size(of: path, cancellation)
        }
        return NodeResult(["size": .int(size ?? 0), "found": .bool(size != nil)])
    }

    static func delete(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        let path = try self.path("remote_path", inputs)
        try await self.perform(.delete(path), "Cannot delete \(path)", environment)
        return NodeResult(["deleted": true])
    }

    static func makeDirectory(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        let path = try self.path("remote_path", inputs)
        if inputs.bool("parents") {
            let session = try await FTPSession.current(environment)
            try await self.once(session, environment) { cancellation in
                try session.makeDirectories(path, cancellation)
            }
        } else {
            try await self.perform(.makeDirectory(path), "Cannot make \(path)", environment)
        }
        return NodeResult(["created": true])
    }

    static func removeDirectory(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        let path = try self.path("remote_path", inputs)
        try await self.perform(.removeDirectory(path), "Cannot remove \(path)", environment)
        return NodeResult(["removed": true])
    }

    static func rename(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        let (old, new) = (try self.path("old_path", inputs), try self.path("new_path", inputs))
        try await self.perform(.rename(old, to: new), "Cannot rename \(old) to \(new)", environment)
        return NodeResult(["renamed": true])
    }

    private static func perform(
        _ command: RemoteCommand, _ what: String, _ environment: NodeEnvironment
    ) async throws {
        let session = try await FTPSession.current(environment)
        let server = session.server
        try await self.once(session, environment) { cancellation in
            do {
                try session.perform(command.lines(server.transport), "\(what) on \(server.name)", cancellation)
            } catch let error as ServiceFailure where error.leavesDoubt {
                throw OutcomeUnknown("\(server.name) did not answer: \(error.failure.message)")
            }
        }
    }

    /// Runs the blocking work of a node that has no say in how often it is tried, on a thread of its own.
    private static func once<R: Sendable>(
        _ session: FTPSession, _ environment: NodeEnvironment,
        _ work: @escaping @Sendable (OwnThread.Cancellation) throws -> R
    ) async throws -> R {
        do {
            return try await session.server.traced(environment) { try await OwnThread.run(work) }
        } catch let error as ServiceFailure {
            try Task.checkCancellation()
            throw error.failure
        }
    }

    private static func path(_ name: String, _ inputs: Inputs) throws(NodeFailure) -> RemotePath {
        guard let text = inputs.firstText(name) else { throw .value("\(name) is required") }
        return try RemotePath(text)
    }

    private static func filePath(_ name: String, _ inputs: Inputs) throws(NodeFailure) -> RemotePath {
        let path = try self.path(name, inputs)
        guard !path.text.hasSuffix("/") else { throw .value("\(name) must name a file, not a directory: \(path)") }
        return path
    }
}

extension FTPServer {
    /// Does what it does for a node.
    fileprivate func traced<R: Sendable>(
        _ environment: NodeEnvironment, _ work: () async throws -> R
    ) async throws -> R {
        try await environment.traced(self.transport.rawValue, at: self.host, work)
    }
}
