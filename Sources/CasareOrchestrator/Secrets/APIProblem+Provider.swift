import CasareProviders
import CasareWire

extension APIProblem {
    /// What a provider's refusal means to whoever asked for a secret. Its text is for them: it holds no credential.
    init(_ error: ProviderError) {
        switch error {
        case .notFound: self.init(.notFound, error.description)
        case .badPath: self.init(.validation, error.description, field: "path")
        case .unsupported: self.init(.validation, error.description)
        case .denied, .notForTenant, .onlyForJobs: self.init(.insufficientPermissions, error.description)
        case .leaseLost: self.init(.leaseLost, error.description)
        case .notConfigured, .unknown, .unavailable, .unreadable, .credentialsGone:
            self = .unavailable(error.description, retryAfterSeconds: 15)
        }
    }
}
