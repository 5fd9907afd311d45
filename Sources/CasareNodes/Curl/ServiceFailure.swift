import CasareEngine

/// Why a server could not be reached or did not do what it was asked.
struct ServiceFailure: Error {
    var failure: NodeFailure
    /// The same may work a little later.
    var isTransient: Bool
    /// The server may have got what was sent, and its answer did not come.
    var leavesDoubt = false
    /// The two sides have no version of TLS in common, or something else went wrong before certificates were shown.
    var isTLSRefusal = false

    init(_ type: String, _ message: String, isTransient: Bool = false) {
        self.failure = NodeFailure(type, message)
        self.isTransient = isTransient
    }

    /// The refusal of a server of the Internet's older protocols, whose replies begin with three digits: those with a 4
    /// are meant to be tried again.
    static func refusal(_ what: String, reply: String) -> ServiceFailure {
        ServiceFailure("NodeError", "\(what): \(reply)", isTransient: reply.hasPrefix("4"))
    }

    static func timeout(_ what: String, seconds: Int) -> ServiceFailure {
        .unanswered("TimeoutError", "\(what) did not answer within \(seconds) s")
    }

    static func lost(_ what: String) -> ServiceFailure {
        .unanswered("NetworkError", "\(what) closed the connection")
    }

    static func gibberish(_ what: String) -> ServiceFailure {
        .unanswered("NetworkError", "\(what) sent something that is not of its protocol")
    }

    static func unanswered(_ type: String, _ message: String) -> ServiceFailure {
        var failure = ServiceFailure(type, message, isTransient: true)
        failure.leavesDoubt = true
        return failure
    }

    /// The same without a text that must not be seen, such as a password that a server repeats.
    func hiding(_ secret: String) -> ServiceFailure {
        guard !secret.isEmpty, self.failure.message.contains(secret) else { return self }
        var copy = self
        copy.failure.message = self.failure.message.replacing(secret, with: "***")
        return copy
    }
}
