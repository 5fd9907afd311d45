/// A token from a file, from stdin, or asked for on a terminal: never an argument, which others on the machine could read.
struct TokenInput {
    /// Tokens are far shorter.
    private static let bytesMax = 64 * 1024

    /// `-` is stdin.
    let file: String?
    /// From stdin on a terminal, too.
    let isFromStandardInput: Bool

    /// - Parameter advice: what to do where there is none.
    /// - Throws: `.usage` where there is none.
    func read(orElse advice: String, _ terminal: Terminal = .standard) throws(CommandFailure) -> String {
        let text: String?
        if let file {
            text = try TextInput(file).read(bytesMax: Self.bytesMax)
        } else if terminal.canAsk, !self.isFromStandardInput {
            text = try Prompt.secret("Token: ")
        } else {
            text = try TextInput.standardInput.read(bytesMax: Self.bytesMax)
        }
        let token = (text ?? "").split(whereSeparator: \.isNewline).first.map(String.init)?.trimmingSpaces ?? ""
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw CommandFailure(.usage, "no token was given; \(advice)")
        }
        return token
    }
}
