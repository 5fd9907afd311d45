import CasareDomain

/// How a workflow's document says that its jobs are tried again (`settings.retry`).
///
/// It is not written into the jobs when they are submitted: a version never changes, so that a job finds the same by its
/// version as long as it is there, and one that is run again with the latest version goes by what that one says. A job's
/// options hold what was asked for with the job, and nothing else.
enum WorkflowRetry {
    /// As it is stored; `nil`: the document says nothing.
    static func text(in document: String) -> String? {
        // Most say nothing, and are not parsed for that.
        guard document.contains(#""retry""#), let json = try? Value(parsingJSON: document),
            let retry = json["settings"]?["retry"], !retry.isNull
        else { return nil }  // A document that is no JSON is refused by who stores it.
        return retry.jsonText(.compact)
    }

    /// The policy of a job that fails: its own, that of its workflow, or the standard one.
    ///
    /// - Parameter stored: as `text(in:)` gave it. What cannot be read counts as nothing: documents are validated before
    ///   they are stored, and a job must come to an end.
    static func policy(of options: Job.Options, stored: @autoclosure () throws -> String?) rethrows -> RetryPolicy {
        if let own = options.retry { return own }
        guard let text = try stored(), let json = try? Value(parsingJSON: text),
            let policy = try? RetryPolicy(json: json)
        else { return .standard }
        return policy
    }
}
