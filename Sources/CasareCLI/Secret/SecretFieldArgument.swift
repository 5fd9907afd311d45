import CasareDomain

/// Where the value of a field comes from: never from the command line itself, which others on this machine can read and
/// the shell keeps.
struct SecretFieldArgument: Hashable, Sendable {
    enum Source: Hashable, Sendable {
        case prompt
        case input(TextInput)
        /// A value stood there.
        case refused
    }

    static let form = "name (asked for), name=- (stdin) or name=@file"

    let name: String
    let source: Source

    /// Takes every text: the parser's own message would repeat a value.
    init(_ argument: String) {
        guard let equals = argument.firstIndex(of: "=") else {
            self.name = argument
            self.source = .prompt
            return
        }
        self.name = String(argument[..<equals])
        switch argument[argument.index(after: equals)...] {
        case "": self.source = .prompt
        case "prompt": self.source = .prompt
        case "-": self.source = .input(.standardInput)
        case let text where text.first == "@" && text.count > 1: self.source = .input(.file(String(text.dropFirst())))
        default: self.source = .refused
        }
    }

    /// - Throws: `.usage`, without what stood in the place of the value.
    func check() throws(CommandFailure) {
        guard SecretReference.isFieldName(self.name) else {
            throw CommandFailure(
                .usage,
                "--field expects \(Self.form), where a name is small letters, digits and _; the values of secrets are "
                    + "never arguments")
        }
        if self.source == .refused {
            throw CommandFailure(
                .usage,
                "the value of \(self.name) must not be an argument: others on this machine can read it, and the shell "
                    + "keeps it. Write --field \(self.name) to be asked for it, --field \(self.name)=- for stdin, or "
                    + "--field \(self.name)=@FILE; and count this value as known to others")
        }
    }

    var readsStandardInput: Bool {
        switch self.source {
        case .prompt, .refused: false
        case .input(let input): input == .standardInput
        }
    }
}

/// Reads values of secrets.
enum SecretInput {
    /// - Returns: The text; of one line without its end, as it comes from `echo` and editors. Of several lines, such as
    ///   a key in a file, nothing is taken away.
    /// - Throws: `.failure` for what is too long, empty or not UTF-8.
    static func text(from input: TextInput) throws(CommandFailure) -> SecretText {
        let name = input.name
        var bytes: [UInt8]
        do throws(CommandFailure) {
            bytes = try input.readBytes(bytesMax: Secret.bytesMax)
        } catch {
            // That of the reader counts in MiB.
            guard error.status == .failure, error.message.contains("holds more than") else { throw error }
            throw CommandFailure(.failure, "\(name) holds more than \(Secret.bytesMax / 1024) KiB, and no secret may")
        }
        defer { SecretText.wipe(&bytes) }
        return try self.text(bytes, of: name)
    }

    static func text(_ bytes: [UInt8], of name: String) throws(CommandFailure) -> SecretText {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw CommandFailure(
                .failure, "\(name) is not UTF-8 text; keep bytes as base64, and have the workflow decode them")
        }
        let line = UInt8(ascii: "\n")
        var count = bytes.count
        if bytes.last == line, bytes.dropLast().firstIndex(of: line) == nil {
            count -= bytes.dropLast().last == UInt8(ascii: "\r") ? 2 : 1
        }
        guard count > 0 else { throw CommandFailure(.usage, "\(name) is empty: there is no value in it") }
        return SecretText(bytesCount: count) { memory in memory.copyBytes(from: bytes[..<count]) }
    }

    /// Asks a person, who does not see what is typed.
    ///
    /// - Throws: `.usage` without a terminal to ask on, and for no answer.
    static func asked(for what: String, _ terminal: Terminal) throws(CommandFailure) -> SecretText {
        guard terminal.canAsk else {
            throw CommandFailure(
                .usage, "there is no terminal to ask for the \(what) on; give it on stdin, or in a file")
        }
        guard let text = try Prompt.secret("\(what): "), !text.isEmpty else {
            throw CommandFailure(.usage, "no \(what) was given")
        }
        return SecretText(text)
    }
}
