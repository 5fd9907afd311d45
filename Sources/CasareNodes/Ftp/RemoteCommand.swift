/// What is asked of a server beside transfers, in the words of either protocol.
enum RemoteCommand: Sendable {
    case delete(RemotePath)
    case makeDirectory(RemotePath)
    case removeDirectory(RemotePath)
    case rename(RemotePath, to: RemotePath)

    /// - Parameter mayFail: A refusal is passed over.
    func lines(_ transport: FTPServer.Transport, mayFail: Bool = false) -> [String] {
        let lines: [String] =
            switch transport {
            case .ftp, .ftps: self.ftpLines
            case .sftp: [self.sftpLine]
            }
        // libcurl's mark for a command that may fail.
        return mayFail ? lines.map { "*" + $0 } : lines
    }

    private var ftpLines: [String] {
        switch self {
        case .delete(let path): ["DELE \(path)"]
        case .makeDirectory(let path): ["MKD \(path)"]
        case .removeDirectory(let path): ["RMD \(path)"]
        case .rename(let old, let new): ["RNFR \(old)", "RNTO \(new)"]
        }
    }

    /// libcurl's own commands, which it turns into requests of the protocol.
    private var sftpLine: String {
        switch self {
        case .delete(let path): "rm \(Self.quoted(path))"
        case .makeDirectory(let path): "mkdir \(Self.quoted(path))"
        case .removeDirectory(let path): "rmdir \(Self.quoted(path))"
        case .rename(let old, let new): "rename \(Self.quoted(old)) \(Self.quoted(new))"
        }
    }

    private static func quoted(_ path: RemotePath) -> String { CommandText.quoted(path.text) }
}
