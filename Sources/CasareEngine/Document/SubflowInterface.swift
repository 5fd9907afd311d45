package import CasareDomain

extension WorkflowDocument {
    /// What a subflow takes, gives and lets its caller set (workflow format §1.4, §9).
    package struct SubflowInterface: Sendable, Hashable {
        package struct Port: Sendable, Hashable {
            package var name: String
            /// A data type's name in capitals, such as `INTEGER`; informational.
            package var type: String
            package var defaultValue: Value
            package var isRequired: Bool
            /// Where the value comes from or goes to inside; `nil`: the variable with the port's name.
            package var internalNode: String?
            package var internalPort: String?
            /// What the file says about it, in its order.
            package var members: Object

            package init(
                name: String, type: String = "ANY", defaultValue: Value = .null, isRequired: Bool = false,
                internalNode: String? = nil, internalPort: String? = nil, members: Object = [:]
            ) {
                self.name = name
                self.type = type
                self.defaultValue = defaultValue
                self.isRequired = isRequired
                self.internalNode = internalNode
                self.internalPort = internalPort
                self.members = members
            }
        }

        /// A config key of a node inside, set from outside.
        package struct PromotedParameter: Sendable, Hashable {
            package var name: String
            package var internalNode: String
            package var internalProperty: String
            package var defaultValue: Value
            package var isRequired: Bool
            /// The accepted texts; empty: anything.
            package var choices: [String]
            /// Inclusive bounds of a number.
            package var range: ClosedRange<Double>?
            /// What the file says about it, in its order.
            package var members: Object

            package init(
                name: String, internalNode: String, internalProperty: String, defaultValue: Value = .null,
                isRequired: Bool = false, choices: [String] = [], range: ClosedRange<Double>? = nil,
                members: Object = [:]
            ) {
                self.name = name
                self.internalNode = internalNode
                self.internalProperty = internalProperty
                self.defaultValue = defaultValue
                self.isRequired = isRequired
                self.choices = choices
                self.range = range
                self.members = members
            }
        }

        package var inputs: [Port]
        package var outputs: [Port]
        package var parameters: [PromotedParameter]

        package init(inputs: [Port] = [], outputs: [Port] = [], parameters: [PromotedParameter] = []) {
            self.inputs = inputs
            self.outputs = outputs
            self.parameters = parameters
        }
    }
}
