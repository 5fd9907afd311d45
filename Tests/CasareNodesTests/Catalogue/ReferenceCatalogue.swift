import CasareDomain
import CasareEngine
import FoundationEssentials

/// What `Tests/Corpus/catalogue.json` says of the node types, with the deviations that `catalogue-deviations.json`
/// gives reasons for.
struct ReferenceCatalogue {
    /// A type in scope.
    struct Entry: CustomStringConvertible, Sendable {
        let name: String
        /// Of the node catalogue; 1.16 is the browser.
        let section: String
        let facts: Value

        var description: String { self.name }
        var needsBrowser: Bool { self.section == "1.16" && self.name != "WaitNode" }
    }

    /// All 226 types in scope.
    let entries: [Entry]
    /// Other names of types, with the name of the type.
    let typeAliases: Object
    /// Types that load, and fail when they are reached.
    let listedOnly: [String]
    /// What is not as the catalogue has it, as `Type.parameter.aspect`; the file gives the reasons.
    let deviations: Set<String>

    static let shared = Self()

    private init() {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        let facts = Self.json("\(root)/Corpus/catalogue.json")
        self.entries = (facts["types"]?.list ?? []).map {
            Entry(name: $0["name"]?.string ?? "", section: $0["section"]?.string ?? "", facts: $0)
        }
        self.typeAliases = facts["typeAliases"]?.object ?? [:]
        self.listedOnly = (facts["listedOnly"]?.list ?? []).compactMap(\.string)
        let reasons = Self.json("\(root)/Corpus/catalogue-deviations.json").object ?? [:]
        self.deviations = Set(reasons.flatMap { $0.value.list ?? [] }.compactMap(\.string))
    }

    private static func json(_ path: String) -> Value {
        guard let data = FileManager.default.contents(atPath: path),
            let value = try? Value(parsingJSON: Array(data))
        else { preconditionFailure("\(path) is missing or is not JSON") }
        return value
    }
}

extension ReferenceCatalogue.Entry {
    /// In what a declaration differs, by `Type.parameter.aspect`.
    ///
    /// A declaration may say more than the catalogue: a type where it names none, further choices, a bound that keeps a
    /// number sensible, the empty value as the default of a parameter for which it shows none.
    func differences(from type: NodeType) -> [String: String] {
        var differences: [String: String] = [:]
        func expect(_ isSame: Bool, _ place: String, _ expected: Value?, _ declared: Value) {
            guard !isSame else { return }
            differences["\(self.name).\(place)"] =
                "expected \((expected ?? .null).jsonText(.compact)), declared \(declared.jsonText(.compact))"
        }
        let execOutputs = Value.list(type.execOutputs.map(Value.string))
        expect(self.facts["execOutputs"] == execOutputs, "execOutputs", self.facts["execOutputs"], execOutputs)
        for expected in self.facts["parameters"]?.list ?? [] {
            let name = expected["name"]?.string ?? ""
            guard let declared = type.parameters.first(where: { $0.name == name }) else {
                differences["\(self.name).\(name)"] = "not declared"
                continue
            }
            let declaredType = Value.string(declared.type.rawValue)
            expect(expected["type"] ?? declaredType == declaredType, "\(name).type", expected["type"], declaredType)
            let isRequired = expected["required"]?.bool ?? false
            expect(isRequired == declared.isRequired, "\(name).required", .bool(isRequired), .bool(declared.isRequired))
            let isDefault = expected["default"].map { $0 == declared.defaultValue } ?? declared.defaultValue.isEmpty
            expect(isRequired || isDefault, "\(name).default", expected["default"], declared.defaultValue)
            let choices = expected["choices"]?.list?.compactMap(\.string) ?? []
            expect(
                Set(choices).isSubset(of: declared.choices), "\(name).choices", expected["choices"],
                .list(declared.choices.map(Value.string)))
            for (bound, value) in [("minimum", declared.range?.lowerBound), ("maximum", declared.range?.upperBound)] {
                let declared = value.map(Value.double) ?? .null
                expect(expected[bound] ?? declared == declared, "\(name).\(bound)", expected[bound], declared)
            }
            self.compareAliases(expected, with: declared.aliases.map(\.name), into: &differences)
        }
        for expected in self.facts["outputs"]?.list ?? [] {
            let name = expected["name"]?.string ?? ""
            guard let declared = type.outputs.first(where: { $0.name == name }) else {
                differences["\(self.name).\(name)"] = "not declared"
                continue
            }
            let declaredType = Value.string(declared.type.rawValue)
            expect(
                expected["type"] ?? declaredType == declaredType, "\(name).outputType", expected["type"], declaredType)
            self.compareAliases(expected, with: declared.aliases, into: &differences)
        }
        return differences
    }

    private func compareAliases(_ expected: Value, with declared: [String], into differences: inout [String: String]) {
        let missing = (expected["aliases"]?.list?.compactMap(\.string) ?? []).filter { !declared.contains($0) }
        guard !missing.isEmpty else { return }
        differences["\(self.name).\(expected["name"]?.string ?? "").aliases"] =
            "without \(missing.joined(separator: ", "))"
    }
}

extension Value {
    fileprivate var isEmpty: Bool { [.null, "", [], [:], 0, false].contains(self) }
}
