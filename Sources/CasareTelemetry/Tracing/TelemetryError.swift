/// An error that says itself what it is called on spans and metrics.
package protocol TelemetryError: Error {
    /// `error.type`: one of few, such as a code or a status; never a text for people.
    var errorType: String { get }
}

extension Error {
    /// `error.type` of this error: what it says itself, or the name of its type.
    package var telemetryType: String {
        if let error = self as? any TelemetryError { return error.errorType }
        return self is CancellationError ? "cancelled" : self.typeName
    }

    /// Without the module: that of a private type would differ from run to run.
    var typeName: String { String(describing: type(of: self)) }
}
