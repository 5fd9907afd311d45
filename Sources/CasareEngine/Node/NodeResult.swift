package import CasareDomain

/// What a node that succeeded produced.
package struct NodeResult: Hashable, Sendable {
    /// Data outputs by port name.
    package var outputs: Object
    /// The exec output to follow; `nil`: the usual one.
    package var port: String?

    package init(_ outputs: Object = [:], port: String? = nil) {
        self.outputs = outputs
        self.port = port
    }
}

extension NodeResult {
    /// The output in which a node that asked a server says for how many seconds the server wants to be left alone
    /// (`Retry-After`); null when it does not. A run that fails asks for the last one of these: another attempt begins no
    /// sooner. Nodes of other kinds do not have it.
    package static let retryAfterOutput = "retry_after_seconds"
}

/// Why a node failed. The type is one of the stable names of workflow format §8, such as `ValueError`.
package struct NodeFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package var type: String
    package var message: String
    /// Outputs that the node sets although it failed (`success`, `error`, …).
    package var outputs: Object
    /// The data is at fault and a retry is of no use.
    package var isBusiness: Bool

    package init(_ type: String = "NodeError", _ message: String, outputs: Object = [:], isBusiness: Bool = false) {
        self.type = type
        self.message = message
        self.outputs = outputs
        self.isBusiness = isBusiness
    }

    package var description: String { self.message }

    package static func value(_ message: String) -> NodeFailure { NodeFailure("ValueError", message) }
}
