import CasareDomain
import FoundationEssentials
import Testing

struct SecretKindTests {
    /// DER sequences: what a PEM block of a certificate or a key holds, as far as it is looked at.
    private static let sequence = Data([0x30, 0x03, 0x02, 0x01, 0x05]).base64EncodedString()
    private static let longSequence = Data([0x30, 0x81, 0x80] + [UInt8](repeating: 4, count: 128)).base64EncodedString()

    private static let openSSH = Data("openssh-key-v1\0x".utf8).base64EncodedString()

    private static func pem(_ label: String, _ content: String = SecretKindTests.sequence) -> String {
        "-----BEGIN \(label)-----\n\(content)\n-----END \(label)-----\n"
    }

    private static func problem(_ kind: Secret.Kind, _ fields: [String: String]) -> SecretFieldsError? {
        do throws(SecretFieldsError) {
            try kind.check(SecretFields(fields.mapValues { SecretText($0) }))
            return nil
        } catch {
            return error
        }
    }

    @Test func `each kind takes its fields`() {
        let given: [(Secret.Kind, [String: String])] = [
            (.usernamePassword, ["username": "ann", "password": "a\nb"]),
            (.apiKey, ["api_key": "k", "header": "X-Key", "url": "https://api.example/v1"]),
            (.oauth2Token, ["refresh_token": "r"]),
            (.oauth2Token, ["access_token": "a", "token_url": "http://id.example/token", "scope": "a b"]),
            (.sshKey, ["private_key": Self.pem("RSA PRIVATE KEY", Self.longSequence), "passphrase": "p"]),
            (.sshKey, ["private_key": Self.pem("OPENSSH PRIVATE KEY", Self.openSSH)]),
            (.certificate, ["certificate": Self.pem("CERTIFICATE") + Self.pem("CERTIFICATE")]),
            (.certificate, ["certificate": Self.pem("CERTIFICATE"), "private_key": Self.pem("PRIVATE KEY")]),
            (.connectionString, ["connection_string": "postgres://u:p@db.example/x"]),
            (.connectionString, ["connection_string": "Server=db.example;Uid=app"]),
            (.custom, ["anything_1": "x"]),
        ]
        for (kind, fields) in given {
            #expect(Self.problem(kind, fields) == nil, "\(kind) \(fields.keys)")
        }
        #expect(Set(given.map(\.0)) == Set(Secret.Kind.allCases))
    }

    @Test func `what is missing, unknown or of another form is named, and its value is not repeated`() {
        let wrong: [(Secret.Kind, [String: String], field: String?)] = [
            (.usernamePassword, ["username": "hunter2"], "password"),
            (.usernamePassword, ["username": "a", "password": ""], "password"),
            (.usernamePassword, ["username": "hunter2\n", "password": "x"], "username"),
            (.usernamePassword, ["username": "a", "passwort": "x", "password": "hunter2"], "passwort"),
            (.apiKey, ["api_key": "hunter2", "url": "ftp://hunter2"], "url"),
            (.oauth2Token, ["scope": "hunter2"], nil),
            (.sshKey, ["private_key": "hunter2"], "private_key"),
            (.sshKey, ["private_key": Self.pem("PUBLIC KEY")], "private_key"),
            (.sshKey, ["private_key": "-----BEGIN PRIVATE KEY-----\n\(Self.sequence)\n"], "private_key"),
            (.certificate, ["certificate": Self.pem("CERTIFICATE", "MAMCAQ==")], "certificate"),
            (.certificate, ["certificate": Self.pem("CERTIFICATE", "hunter2")], "certificate"),
            (.connectionString, ["connection_string": "hunter2"], "connection_string"),
            (.custom, [:], nil), (.custom, ["Hunter2": "x"], "Hunter2"), (.custom, ["a": "hunter2\0"], "a"),
            (.custom, ["a": String(repeating: "hunter2 ", count: 8193)], nil),
        ]
        for (kind, fields, field) in wrong {
            let problem = Self.problem(kind, fields)
            #expect(problem != nil && problem?.field == field, "\(kind) \(fields.keys)")
            #expect(problem?.description.contains("hunter2") == false)
        }
        let misspelt = Self.problem(.usernamePassword, ["username": "a", "passwort": "x"])
        #expect(misspelt?.problem.contains("did you mean password?") == true)
    }

    @Test func `a secret has at most so many bytes`() {
        let max = Secret.bytesMax
        #expect(Self.problem(.custom, ["a": String(repeating: "x", count: max)]) == nil)
        #expect(Self.problem(.custom, ["a": String(repeating: "x", count: max), "b": "y"]) != nil)
    }
}
