package import CasareDomain
package import CasareStore

/// Why a provider gave no secret. No text in here holds a secret or a credential; it may name a path.
package enum ProviderError: Error, Hashable, Sendable {
    /// This process knows no providers at all: it was not told of a file.
    case notConfigured(provider: String)
    /// The file that this process was told of has no provider of that name.
    case unknown(provider: String, configured: [String])
    /// The file says that the tenant may not use it.
    case notForTenant(provider: String, tenant: String)
    /// No path of such a form can be there.
    case badPath(provider: String, path: String, why: String)
    case notFound(provider: String, path: String, why: String?)
    /// The provider knows who asks, and does not let it; or does not know it.
    case denied(provider: String, path: String, why: String)
    /// Nothing answers, or it answers that it cannot help now.
    case unavailable(provider: String, why: String)
    /// What it answers is not what such a provider answers, or not what a secret of the kind needs.
    case unreadable(provider: String, path: String, why: String)
    /// Such a provider cannot do what is asked.
    case unsupported(provider: String, String)
    /// Credentials are made for jobs that run, and for nobody else.
    case onlyForJobs(provider: String, path: String)
    /// The provider knows the credentials no longer.
    case credentialsGone(provider: String)
    /// The attempt for which credentials were made has lost its lease; they were given back.
    case leaseLost(Lease)
}

extension ProviderError {
    /// What it is to a workflow. What is unavailable may work later, or on another robot.
    package var meaning: SecretRefusal.Code {
        switch self {
        case .notFound, .badPath: .notFound
        case .denied, .notForTenant, .onlyForJobs: .denied
        case .notConfigured, .unknown, .unavailable, .unreadable, .unsupported, .credentialsGone, .leaseLost:
            .unavailable
        }
    }
}

extension ProviderError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notConfigured(let provider):
            "the secret is kept by the provider \(provider), and this process knows no providers; set "
                + "CASARE_SECRET_PROVIDERS to the file that describes it. A robot on SQL needs that file itself; one "
                + "that goes through the API does not"
        case .unknown(let provider, let configured):
            "the secret is kept by the provider \(provider), and the file of CASARE_SECRET_PROVIDERS has "
                + (configured.isEmpty ? "no provider" : configured.joined(separator: ", "))
                + "; add \(provider) to it and start the process again"
        case .notForTenant(let provider, let tenant):
            "the provider \(provider) is not for the tenant \(tenant); who runs the installation lists tenants under "
                + "`tenants` in the file of providers"
        case .badPath(let provider, let path, let why): "the provider \(provider) can have nothing at \(path): \(why)"
        case .notFound(let provider, let path, let why):
            "the provider \(provider) has nothing at \(path)\(why.map { ": \($0)" } ?? "")"
        case .denied(let provider, let path, let why): "the provider \(provider) refuses \(path): \(why)"
        case .unavailable(let provider, let why): "the provider \(provider) is not available: \(why)"
        case .unreadable(let provider, let path, let why):
            "what the provider \(provider) has at \(path) cannot be used: \(why)"
        case .unsupported(let provider, let why): "the provider \(provider) cannot do that: \(why)"
        case .onlyForJobs(let provider, let path):
            "the provider \(provider) makes credentials anew at \(path), and only for jobs that run"
        case .credentialsGone(let provider): "the provider \(provider) knows these credentials no longer"
        case .leaseLost(let lease):
            "the lease on job \(lease.job) has passed on; stop the job. What was made for it was given back"
        }
    }
}
