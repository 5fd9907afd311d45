package import CasareEngine

/// Every node type that workflow documents may name.
package enum StandardNodes {
    package static let catalogue = NodeCatalogue(Self.implemented + UnsupportedNodes.types(besides: Self.implemented))

    private static let implemented: [NodeType] = [
        ControlFlowNodes.types, VariableNodes.types, ErrorHandlingNodes.types, StringNodes.types, MathNodes.types,
        ListNodes.types, DictNodes.types, JSONNodes.types, TextNodes.types, SuperNodes.types, RandomNodes.types,
        DateTimeNodes.types, FileNodes.types, ArchiveNodes.types, XmlNodes.types, CommandNodes.types,
        SystemNodes.types, HttpNodes.types, DatabaseNodes.types, FTPNodes.types, EmailNodes.types, WaitingNodes.types,
        TriggerNodes.types, WorkflowNodes.types,
    ].flatMap(\.self)
}
