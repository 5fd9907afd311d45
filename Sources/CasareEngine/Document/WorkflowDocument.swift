package import CasareDomain

/// A workflow as it was drawn, in one shape whatever shape the file had (workflow format §1).
///
/// Nodes and connections keep the order of the file, because the order decides what runs first. Reroute nodes are gone:
/// their connections lead straight to where the wire ends.
package struct WorkflowDocument: Sendable {
    package struct Node: Sendable, Hashable, Identifiable {
        package var id: String
        /// As written; `NodeCatalogue.type(named:)` knows the other spellings.
        package var type: String
        package var config: Object
        /// What people call it.
        package var name: String?
        /// Not executed: its inputs are passed on to outputs of the same name.
        package var isDisabled: Bool
        /// What the file says about it, in its order and in the usual shape: what is not known here is written again.
        package var members: Object

        package init(
            id: String, type: String, config: Object = [:], name: String? = nil, isDisabled: Bool = false,
            members: Object = [:]
        ) {
            self.id = id
            self.type = type
            self.config = config
            self.name = name
            self.isDisabled = isDisabled
            self.members = members
        }
    }

    package struct Connection: Sendable, Hashable {
        package var source: String
        package var sourcePort: String
        package var target: String
        package var targetPort: String
        /// Where it stands in the file's `connections`, for messages. One that was led around a reroute node has the
        /// position of its first piece.
        package var position: Int
        /// What the file says about it, in its order and in the usual shape.
        package var members: Object

        package init(
            source: String, sourcePort: String, target: String, targetPort: String, position: Int = 0,
            members: Object = [:]
        ) {
            self.source = source
            self.sourcePort = sourcePort
            self.target = target
            self.targetPort = targetPort
            self.position = position
            self.members = members
        }

        /// Whether both lead from the same port to the same port.
        package func hasSameEnds(as other: Connection) -> Bool {
            self.source == other.source && self.sourcePort == other.sourcePort
                && self.target == other.target && self.targetPort == other.targetPort
        }
    }

    package struct Variable: Sendable, Hashable {
        package var name: String
        /// The value at the start of a run.
        package var value: Value
        package var isReadOnly: Bool
        /// Masked in logs, events and results.
        package var isSensitive: Bool
        /// As the file defines it; `nil`: it comes from no file.
        package var definition: Value?

        package init(
            name: String, value: Value, isReadOnly: Bool = false, isSensitive: Bool = false, definition: Value? = nil
        ) {
            self.name = name
            self.value = value
            self.isReadOnly = isReadOnly
            self.isSensitive = isSensitive
            self.definition = definition
        }
    }

    /// How nodes are run (workflow format §10).
    package struct Settings: Sendable, Hashable {
        /// Whether a failing node that nobody handles ends the run.
        package var stopOnError: Bool
        /// The time limit of a node; `nil`: the standard one.
        package var timeoutSeconds: Double?
        /// How often a failing leaf node is run again.
        package var retryCount: Int
        /// What becomes of a step in doubt whose node says nothing; `nil`: a person is asked.
        package var onRecovery: OnRecovery?
        /// What the file says, in its order.
        package var members: Object

        /// Each repetition comes after a pause, so that a node which never succeeds would hold its job for ever.
        package static let retryCountMax = 100

        package init(
            stopOnError: Bool = true, timeoutSeconds: Double? = nil, retryCount: Int = 0,
            onRecovery: OnRecovery? = nil, members: Object = [:]
        ) {
            self.stopOnError = stopOnError
            self.timeoutSeconds = timeoutSeconds
            self.retryCount = retryCount
            self.onRecovery = onRecovery
            self.members = members
        }
    }

    package var name: String
    /// As written.
    package var metadata: Object
    package var nodes: [Node]
    package var connections: [Connection]
    package var variables: [Variable]
    package var settings: Settings
    /// What a subflow file takes and gives; `nil` for plain workflows.
    package var interface: SubflowInterface?
    /// Subflow documents by the path they are referred to by.
    package var subflows: [(path: String, document: Value)]
    /// The other members of the file, and the order of all of them. The values of those that have a place of their own
    /// in this type are null here.
    package var members: Object

    package init(
        name: String = WorkflowDocument.untitled, metadata: Object = [:], nodes: [Node] = [],
        connections: [Connection] = [], variables: [Variable] = [], settings: Settings = Settings(),
        interface: SubflowInterface? = nil, subflows: [(path: String, document: Value)] = [], members: Object = [:]
    ) {
        self.name = name
        self.metadata = metadata
        self.nodes = nodes
        self.connections = connections
        self.variables = variables
        self.settings = settings
        self.interface = interface
        self.subflows = subflows
        self.members = members
    }

    /// The name of a workflow that has none.
    package static let untitled = "Untitled"
}
