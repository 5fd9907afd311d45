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

    func failure() -> NodeFailure {
        let message = Self.message(self.error ?? "HTTP \(self.status)", self.members["error_description"]?.string)
        // Of a few characters, one would also cover words that give nothing away.
        let secrets = self.secrets.filter { $0.count >= 4 }
        return NodeFailure("HttpError", secrets.reduce(message) { $0.replacing($1, with: "<redacted>") })
    }

    /// `OAuth error: <error> - <description>`, of which no more than people read.
    static func message(_ error: String, _ description: String?) -> String {
        let text = "OAuth error: \(error)" + (description.map { " - \($0)" } ?? "")
        return text.count <= Self.messageCharactersMax ? text : "\(text.prefix(Self.messageCharactersMax))…"
    }

    private static let messageCharactersMax = 500
}
