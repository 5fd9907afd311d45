import CasareDomain
import CasareEngine

extension NodeType.Parameter {
    static let certificateAuthority = NodeType.Parameter(
        "ssl_ca", .string, default: "",
        "A file with the certificate (PEM) of a private authority, trusted beside the system's.")

    static func port(_ name: String, default port: Int) -> NodeType.Parameter {
        .init(name, .integer, default: .int(port), range: 1...65535, "The port.")
    }

    static func serverTimeout() -> NodeType.Parameter {
        .init("timeout", .integer, default: 30, range: 1...3600, "Seconds to wait for the server at each step.")
    }
}

extension Inputs {
    /// The checked path of `ssl_ca`.
    func certificateAuthority(_ environment: NodeEnvironment) throws(NodeFailure) -> String? {
        guard let text = self.firstText("ssl_ca") else { return nil }
        let path = try PathPolicy(environment).resolve(text)
        _ = try FileAccess.fileStatus(path)
        return path
    }
}
