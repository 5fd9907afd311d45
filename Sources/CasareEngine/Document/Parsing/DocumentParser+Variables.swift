import CasareDomain

extension DocumentParser {
    /// Words that expressions understand as something else than a variable.
    private static let reservedNames: Set<String> = [
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
        "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
        "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
    ]

    mutating func variables(of root: Object) -> [WorkflowDocument.Variable] {
        guard let value = root["variables"], !value.isNull else { return [] }
        let entries: [(name: String, value: Value)]
        switch value {
        case .object(let members):
            entries = members.map { ($0.key, $0.value) }
        case .list(let items):
            // Editors list definitions that name themselves.
            entries = items.compactMap { item in item["name"]?.string.map { ($0, item) } }
            if entries.count < items.count {
                self.add(
                    .error(
                        "MISSING_REQUIRED_FIELD", "A variable in the list 'variables' has no 'name'", at: "variables"))
            }
        case .null, .bool, .int, .double, .string:
            self.add(
                .error(
                    "INVALID_TYPE", "'variables' must be an object of variables by name, but is \(value.kindName)",
                    at: "variables"))
            return []
        }
        guard entries.count <= DocumentLimits.variablesMax else {
            self.add(
                .error(
                    "LIMIT_EXCEEDED",
                    "The workflow's number of variables, \(entries.count), exceeds maximum "
                        + "\(DocumentLimits.variablesMax)", at: "variables",
                    suggestion: "Keep many values in one list or object"))
            return []
        }
        return entries.map { name, value in
            self.checkVariableName(name)
            self.checkStart(of: name, value)
            return Self.variable(name, value)
        }
    }

    /// A definition's start value is its `default_value`, or else its `value`; anything that is not an object is the
    /// start value itself (workflow format §3). An object with neither of them starts as null, as the corpus has it.
    static func variable(_ name: String, _ value: Value) -> WorkflowDocument.Variable {
        guard let members = value.object else {
            return WorkflowDocument.Variable(name: name, value: value, definition: value)
        }
        return WorkflowDocument.Variable(
            name: name, value: members["default_value"] ?? members["value"] ?? .null,
            isReadOnly: members["readonly"]?.bool ?? false, isSensitive: members["sensitive"]?.bool ?? false,
            definition: value)
    }

    private mutating func checkStart(of name: String, _ value: Value) {
        guard let members = value.object, !members.isEmpty else { return }
        guard ["default_value", "value", "type"].allSatisfy({ members[$0] == nil }) else { return }
        self.add(
            .warning(
                "INVALID_VARIABLE",
                "Variable '\(DocumentLimits.shortened(name))' is an object without 'default_value' or 'value', "
                    + "so it starts as null",
                at: Self.location(name),
                suggestion: "To start with the object itself, put it into 'default_value'"))
    }

    /// What is wrong with a variable's name, as the end of a sentence about it.
    static func fault(ofVariableName name: String) -> String? {
        if DocumentLimits.exceeds(name, DocumentLimits.variableNameCharactersMax) {
            "has \(name.unicodeScalars.count) characters, which exceeds maximum "
                + "\(DocumentLimits.variableNameCharactersMax)"
        } else if !Self.isIdentifier(name) {
            "is not a name that templates and expressions can use"
        } else if Self.reservedNames.contains(name) {
            "is a word that expressions understand as something else"
        } else {
            nil
        }
    }

    private mutating func checkVariableName(_ name: String) {
        guard let fault = Self.fault(ofVariableName: name) else { return }
        self.add(
            .warning(
                "INVALID_VARIABLE_NAME", "The variable name '\(DocumentLimits.shortened(name))' \(fault)",
                at: Self.location(name), suggestion: "Use letters, digits and _, and begin with a letter or _"))
    }

    private static func location(_ name: String) -> String { "variables.\(DocumentLimits.shortened(name))" }

    private static func isIdentifier(_ name: String) -> Bool {
        guard let first = name.first, first == "_" || first.isLetter else { return false }
        return name.allSatisfy { $0 == "_" || $0.isLetter || $0.isNumber }
    }
}

extension WorkflowDocument {
    /// A sentence about a variable's name that templates or expressions cannot use; `nil`: they can.
    package static func remark(onVariableName name: String) -> String? {
        DocumentParser.fault(ofVariableName: name).map {
            "The variable name '\(DocumentLimits.shortened(name))' \($0)"
        }
    }
}
