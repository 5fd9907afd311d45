import ArgumentParser
import CasareDomain

/// Where the values of a secret come from.
struct SecretValueOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A field of the secret: name alone asks for its value, name=- reads stdin, name=@file a file; may be "
                + "repeated.",
            valueName: "field"), transform: { SecretFieldArgument(try Text.notEmpty($0)) })
    var field: [SecretFieldArgument] = []
    @Option(
        help: ArgumentHelp("Read all fields from a JSON or YAML file, or from stdin (-).", valueName: "file"),
        completion: .file(), transform: Text.notEmpty)
    var fields: String?

    /// The field of a custom secret for which no other is named.
    static let fieldDefault = "value"

    func validate() throws {
        for field in self.field {
            do throws(CommandFailure) {
                try field.check()
            } catch {
                throw ValidationError(error.message)
            }
        }
        guard self.fields == nil || self.field.isEmpty else {
            throw ValidationError("Give --field or --fields: together they do not say what the secret is.")
        }
        guard self.field.count(where: \.readsStandardInput) < 2 else {
            throw ValidationError("Only one field can be read from stdin.")
        }
        guard Set(self.field.map(\.name)).count == self.field.count else {
            throw ValidationError("Give each field once.")
        }
    }

    /// Nothing says which fields there are.
    var isEmpty: Bool { self.field.isEmpty && self.fields == nil }

    /// What the options name, read and asked for.
    ///
    /// - Throws: `.usage` for what holds no fields; what reading throws.
    func read(_ terminal: Terminal = .standard) throws(CommandFailure) -> SecretFields {
        if let fields { return try Self.fields(in: TextInput(fields)) }
        var values = SecretFields()
        for field in self.field {
            switch field.source {
            case .prompt: values[field.name] = try SecretInput.asked(for: field.name, terminal)
            case .input(let input): values[field.name] = try SecretInput.text(from: input)
            case .refused: try field.check()
            }
        }
        return values
    }

    /// The fields of a kind where no option names any: asked for one after the other, or, without a terminal, the one
    /// that is secret from stdin.
    ///
    /// - Throws: `.usage` without a terminal for a kind that needs several.
    static func read(_ kind: Secret.Kind, _ terminal: Terminal = .standard) throws(CommandFailure) -> SecretFields {
        let needed = kind.fields.filter(\.isRequired).map(\.name)
        let main = kind.mainField ?? self.fieldDefault
        var values = SecretFields()
        if terminal.canAsk {
            for name in needed.isEmpty ? [main] : needed {
                values[name] = try SecretInput.asked(for: name, terminal)
            }
            return values
        }
        guard needed.isEmpty || needed == [main] else {
            throw CommandFailure(
                .usage,
                "a secret of kind \(kind.rawValue) needs \(needed.joined(separator: ", ")), which do not all fit on "
                    + "stdin: give one with --field \(main)=- and the others with --field name=@file, or all with "
                    + "--fields FILE"
            )
        }
        values[main] = try SecretInput.text(from: .standardInput)
        return values
    }

    private static func fields(in input: TextInput) throws(CommandFailure) -> SecretFields {
        var values = SecretFields()
        for (name, value) in try VariableFile.parse(try input.read(bytesMax: TextInput.bytesMax), name: input.name) {
            guard SecretReference.isFieldName(name) else {
                throw CommandFailure(
                    .usage, "\(input.name) has a field whose name is not of small letters, digits and _; rename it")
            }
            guard let text = value.string, !text.isEmpty else {
                throw CommandFailure(
                    .usage, "\(input.name): \(name) must be text that is not empty; put a number in quotes")
            }
            values[name] = SecretText(text)
        }
        guard !values.isEmpty else { throw CommandFailure(.usage, "\(input.name) holds no fields") }
        return values
    }
}
