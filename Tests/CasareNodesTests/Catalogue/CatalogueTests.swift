import CasareDomain
import CasareEngine
import CasareNodes
import Testing

@Suite struct CatalogueTests {
    private let catalogue = StandardNodes.catalogue

    @Test(arguments: [
        ("ParseJSONNode", "JsonParseNode"), ("EvaluateExpressionNode", "EvalExpressionNode"),
        ("BrowserLaunchNode", "LaunchBrowserNode"), ("NavigateNode", "GoToURLNode"), ("HTTPSuperNode", "HttpSuperNode"),
        ("BrowserWaitNode", "WaitNode"), ("VisualLogNode", "LogNode"), ("Log", "LogNode"),
        ("OCRNode", "OCRExtractTextNode"),
    ])
    func `types are found by their other names`(alias: String, name: String) {
        #expect(self.catalogue.type(named: alias)?.name == name)
    }

    @Test func `a base class is no type`() { #expect(self.catalogue.type(named: "BrowserBaseNode") == nil) }

    @Test func `every type says what it is`() {
        #expect(self.catalogue.types.count > 400)
        for type in self.catalogue.types {
            #expect(type.summary.hasSuffix("."), "\(type.name)")
            #expect(!type.family.isEmpty)
            let names = type.parameters.flatMap { [$0.name] + $0.aliases.map(\.name) }
            #expect(Set(names).count == names.count, "\(type.name) names a parameter twice")
            let outputs = type.outputs.flatMap { [$0.name] + $0.aliases }
            #expect(Set(outputs).count == outputs.count, "\(type.name) names an output twice")
            for parameter in type.parameters {
                #expect(!parameter.documentation.isEmpty, "\(type.name).\(parameter.name)")
                let text = parameter.defaultValue.string
                #expect(
                    text == nil || parameter.choices.isEmpty || parameter.choices.contains(text ?? ""),
                    "\(type.name).\(parameter.name)")
            }
        }
    }

    @Test func `a family has one name, however it is put together`() {
        let spellings = Dictionary(grouping: Set(self.catalogue.types.map(\.family))) { family in
            family.lowercased().split { !$0.isLetter && !$0.isNumber }.filter { $0 != "and" }.sorted()
        }
        for (_, names) in spellings { #expect(names.count == 1, "\(names)") }
    }

    @Test func `the actions of super nodes are declared choices, the first of them by default`() throws {
        for type in self.catalogue.types where type.isSupported && type.name.hasSuffix("SuperNode") {
            let action = try #require(type.parameters.first { $0.name == "action" }, "\(type.name)")
            #expect(action.choices.count > 1, "\(type.name)")
            #expect(action.defaultValue == action.choices.first.map(Value.string), "\(type.name)")
            for choice in action.choices {
                #expect(action.choice(for: choice.lowercased().replacing(" ", with: "_")) == choice, "\(type.name)")
                for other in action.choiceAliases[choice] ?? [] {
                    #expect(action.choice(for: other) == choice, "\(type.name)")
                }
            }
        }
    }

    @Test func `only types that nothing implements are unsupported`() throws {
        var unsupported = 0
        for type in self.catalogue.types {
            if case .unsupported(let reason) = type.behaviour {
                unsupported += 1
                #expect(!reason.isEmpty)
            }
        }
        #expect(unsupported > 200)
        let type = try #require(self.catalogue.type(named: "GetCurrentUrlNode"))
        guard case .unsupported(let reason) = type.behaviour else {
            Issue.record("GetCurrentUrlNode is implemented")
            return
        }
        #expect(reason == "It needs a browser; browser nodes are not part of this version.")
    }

    @Test func `every trigger passes through`() {
        for type in self.catalogue.types where type.name.hasSuffix("TriggerNode") {
            guard case .structure(.trigger) = type.behaviour else {
                Issue.record("\(type.name) is no trigger")
                continue
            }
            #expect(type.execOutputs == ["exec_out"])
        }
    }
}
