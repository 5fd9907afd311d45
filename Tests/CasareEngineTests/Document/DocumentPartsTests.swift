import CasareDomain
import CasareEngine
import Testing

@Suite struct DocumentPartsTests {
    @Test func `a variable starts as its default value, its value, or itself`() throws {
        let (document, issues) = Self.parse(
            [
                "plain": 1, "list": ["a"], "defined": ["type": "String", "default_value": "d", "value": "v"],
                "valued": ["value": [1]], "typed": ["type": "Integer"], "neither": ["k": "v"],
                "fixed": ["default_value": 1, "readonly": true], "hidden": ["default_value": "s", "sensitive": true],
            ], under: "variables")
        let variables = try #require(document).variables
        #expect(variables.map(\.name) == ["plain", "list", "defined", "valued", "typed", "neither", "fixed", "hidden"])
        #expect(variables.map(\.value) == [1, ["a"], "d", [1], nil, nil, 1, "s"])
        #expect(variables.filter(\.isReadOnly).map(\.name) == ["fixed"])
        #expect(variables.filter(\.isSensitive).map(\.name) == ["hidden"])
        #expect(issues.map(\.location) == ["variables.neither"])
    }

    @Test(arguments: ["1st", "a b", "", "a-b", "class", String(repeating: "n", count: 129)])
    func `a variable's name that nobody can write is pointed out`(name: String) {
        let (document, issues) = Self.parse(.object([name: 1]), under: "variables")
        #expect(document?.variables.map(\.name) == [name])
        #expect(issues.map(\.code) == ["INVALID_VARIABLE_NAME"])
    }

    @Test(arguments: ["a", "_a", "größe", "A1", String(repeating: "n", count: 128)])
    func `an identifier is a good name for a variable`(name: String) {
        #expect(Self.parse(.object([name: 1]), under: "variables").issues.isEmpty)
    }

    @Test func `settings have defaults`() {
        #expect(Self.parse([:], under: "settings").document?.settings == WorkflowDocument.Settings())
        let settings = WorkflowDocument.Settings()
        #expect(settings.stopOnError)
        #expect(settings.timeoutSeconds == nil)
        #expect(settings.retryCount == 0)
        #expect(settings.onRecovery == nil)
    }

    @Test func `settings are read`() throws {
        let (document, issues) = Self.parse(
            ["stop_on_error": false, "timeout": "2.5", "retry_count": 3, "on_recovery": "Skip"], under: "settings")
        let settings = try #require(document).settings
        #expect(!settings.stopOnError)
        #expect(settings.timeoutSeconds == 2.5)
        #expect(settings.retryCount == 3)
        #expect(settings.onRecovery == .skip)
        #expect(issues.isEmpty)
    }

    @Test(
        arguments: [
            ("stop_on_error", "maybe"), ("timeout", 0), ("timeout", "soon"), ("retry_count", -1), ("retry_count", 1.5),
        ] as [(String, Value)])
    func `a setting that makes no sense is pointed out and not used`(key: String, value: Value) {
        let (document, issues) = Self.parse(.object([key: value]), under: "settings")
        #expect(document?.settings == WorkflowDocument.Settings(members: .init([(key, value)])))
        #expect(issues.map(\.code) == ["INVALID_SETTING"])
        #expect(issues.map(\.location) == ["settings.\(key)"])
    }

    @Test(arguments: [(100, 100, 0), (101, 100, 1), (1_000_000_000, 100, 1)])
    func `a node is not repeated without end`(given: Int, used: Int, issueCount: Int) {
        let (document, issues) = Self.parse(["retry_count": .int(given)], under: "settings")
        #expect(document?.settings.retryCount == used)
        #expect(issues.count == issueCount)
    }

    @Test func `a subflow file declares what it takes and gives`() throws {
        let (document, issues) = WorkflowDocument.parse(
            text: """
                {"id": "s", "name": "Double",
                 "inputs": [{"name": "amount", "type": "integer", "required": true, "default_value": 1}],
                 "outputs": [{"name": "doubled", "type": "INTEGER", "internal_node_id": "n",
                              "internal_port_name": "value"}],
                 "parameters": [{"name": "p", "internal_node_id": "n", "internal_property_name": "increment",
                                 "choices": [1, "2"], "min_value": 0, "max_value": 9.0}],
                 "nodes": {"n": {"type": "IncrementVariableNode", "properties": {"increment": 21}}}}
                """)
        #expect(issues.isEmpty)
        let interface = try #require(document?.interface)
        #expect(document?.name == "Double")
        let input = try #require(interface.inputs.first)
        #expect(input.name == "amount" && input.type == "INTEGER" && input.defaultValue == 1 && input.isRequired)
        let output = try #require(interface.outputs.first)
        #expect(output.name == "doubled" && output.internalNode == "n" && output.internalPort == "value")
        let parameter = try #require(interface.parameters.first)
        #expect(parameter.name == "p" && parameter.internalNode == "n")
        #expect(parameter.internalProperty == "increment")
        #expect(parameter.choices == ["1", "2"])
        #expect(parameter.range == 0...9)
    }

    @Test(arguments: ["a b", "1a", "größe", String(repeating: "p", count: 65)])
    func `a port's name that nobody can write is pointed out`(name: String) {
        let ports: Value = [["name": .string(name), "type": "ANY"]]
        #expect(Self.parse(ports, under: "inputs").issues.map(\.code) == ["INVALID_PORT_NAME"])
    }

    @Test func `an interface that is about nodes which are not there is pointed out`() throws {
        let (document, _) = WorkflowDocument.parse([
            "metadata": ["name": "n"], "nodes": ["a": ["node_type": "LogNode"]],
            "outputs": [
                ["name": "x", "type": "ANY", "internal_node_id": "b", "internal_port_name": "value"],
                ["name": "x", "type": "ANY"],
            ],
            "parameters": [["name": "p", "internal_node_id": "a", "internal_property_name": "mesage"]],
        ])
        let issues = try #require(document).validate(against: DocumentFixtures.catalogue)
        #expect(issues.map(\.code) == ["DUPLICATE_PORT", "UNKNOWN_NODE", "UNKNOWN_CONFIG_KEY"])
        #expect(issues.map(\.location) == ["outputs[1]", "outputs[0]", "parameters[0]"])
    }

    @Test func `a plain workflow has no interface`() {
        #expect(Self.parse([:], under: "settings").document?.interface == nil)
    }

    @Test func `a bundle's subflows are kept in order and checked with it`() throws {
        let (document, _) = Self.parse(
            [
                "b.json": ["metadata": ["name": "b"], "nodes": ["n": ["type": "LogNode"]]],
                "a.json": ["metadata": ["name": "a"], "nodes": ["n": ["type": "LogNod"]]],
                "c.json": [:],
            ], under: "subflows")
        let bundle = try #require(document)
        #expect(bundle.subflows.map(\.path) == ["b.json", "a.json", "c.json"])
        let issues = bundle.validate(against: DocumentFixtures.catalogue)
        #expect(issues.map(\.code) == ["UNKNOWN_NODE_TYPE", "MISSING_REQUIRED_KEY"])
        #expect(issues.map(\.location) == ["subflow:a.json/node:n", "subflow:c.json/nodes"])
    }

    private static func parse(
        _ value: Value, under key: String
    ) -> (document: WorkflowDocument?, issues: [ValidationIssue]) {
        var document: Object = ["metadata": ["name": "n"], "nodes": ["a": ["node_type": "LogNode"]]]
        document[key] = value
        return WorkflowDocument.parse(.object(document))
    }
}
