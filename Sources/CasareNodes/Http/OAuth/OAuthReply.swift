import CasareDomain
import CasareEngine

/// What an authorization server answers.
struct OAuthReply: Sendable {
    let status: Int
    /// Empty when the answer is no object.
    let members: Object
    /// What was sent and must not come back in a message.
    private let secrets: [String]

    init(_ answer: WebAnswer, secrets: [String]) {
        self.status = answer.status
        // What is no JSON has no members; the status then says what there is to say.
        self.members = (try? Value(parsingJSON: answer.bytes))?.object ?? [:]
        self.secrets = secrets
    }

    func text(_ name: String) -> String? {
        self.members[name].flatMap { $0.isNull ? .none : $0.displayText }
    }

    /// The error's code; some servers send it with status 200.
    var error: String? { self.members["error"]?.string }

    /// `OAuth error: <error> - <description>`.
    func failure() -> NodeFailure {
        let error = self.error ?? "HTTP \(self.status)"
        let description = self.members["error_description"]?.string.map { " - \($0)" } ?? ""
        return NodeFailure("HttpError", "OAuth error: " + Self.redacted("\(error)\(description)", self.secrets))
    }

    /// The text without secrets that a server repeats in its message.
    static func redacted(_ text: String, _ secrets: [String]) -> String {
        // Of a few characters, one would also cover words that give nothing away.
        secrets.filter { $0.count >= 4 }.reduce(text) { $0.replacing($1, with: "<redacted>") }
    }
}
