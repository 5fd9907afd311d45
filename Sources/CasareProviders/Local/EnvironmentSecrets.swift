package import CasareDomain

/// Variables of the process that begin with a prefix: `db/prod` is `PREFIX` and `DB_PROD`, one text each.
package struct EnvironmentSecrets: SecretProvider {
    package let name: String
    package var kind: ProviderHealth.Kind { .environment }
    package var abilities: Set<ProviderAbility> { [] }
    private let prefix: String
    private let environment: ProcessEnvironment

    /// - Parameter prefix: it is what keeps the process's other variables from being given out.
    package init(name: String, prefix: String, environment: ProcessEnvironment) {
        self.name = name
        self.prefix = prefix
        self.environment = environment
    }

    package func check() async throws(ProviderError) {}

    package func fields(at path: String, version: Int?) async throws(ProviderError) -> ProvidedFields {
        guard version == nil else {
            throw .unsupported(provider: self.name, "variables have no versions; leave @VERSION out")
        }
        let variable = try self.variable(path)
        guard let text = self.environment[variable] else {
            throw .notFound(provider: self.name, path: path, why: "the variable \(variable) is not set")
        }
        return ProvidedFields(fields: [soleField: SecretText(text)], version: nil)
    }

    package func names(_: PathListing) async throws(ProviderError) -> [String] {
        throw .unsupported(provider: self.name, "variables are not listed: a path cannot be told from its variable")
    }

    private func variable(_ path: String) throws(ProviderError) -> String {
        var variable = self.prefix
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): variable.unicodeScalars.append(Unicode.Scalar(byte - 32))
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                variable.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "-"): variable += "_"
            default:
                throw .badPath(
                    provider: self.name, path: path, why: "a variable's name has letters, digits, and `_` for / . and -"
                )
            }
        }
        return variable
    }
}
