import CasareDomain
import CasareEngine
import CasareNodes
import FoundationEssentials
import Synchronization
import Testing

/// What nodes of all families take from the secrets that they sign in with.
struct CredentialNodeTests {
    private static let types = StandardNodes.catalogue.types.filter { !$0.credentialFields.isEmpty }

    @Test func `every type that names a secret takes something from it, and nothing that it does not have`() {
        let naming = StandardNodes.catalogue.types.filter { type in
            type.isSupported && type.parameters.contains { $0.name == CredentialField.nameParameter }
        }
        #expect(Set(naming.map(\.name)) == Set(Self.types.map(\.name)))
        #expect(
            Set(Self.types.map(\.name)) == [
                "HttpAuthNode", "HttpSuperNode", "OAuth2AuthorizeNode", "OAuth2TokenExchangeNode",
                "OAuth2TokenValidateNode", "SendEmailNode", "ReadEmailsNode", "SaveAttachmentNode", "MarkEmailNode",
                "DeleteEmailNode", "MoveEmailNode", "EmailSuperNode", "DatabaseConnectNode", "DatabaseSuperNode",
                "FTPConnectNode",
            ])
        for type in Self.types {
            for field in type.credentialFields {
                #expect(type.parameters.contains { $0.name == field.parameter }, "\(type.name) \(field.parameter)")
            }
        }
    }

    @Test func `of nodes that run programs it is known what others can read of them`() {
        let passing = StandardNodes.catalogue.types.filter { !$0.argumentParameters.isEmpty }
        #expect(Set(passing.map(\.name)) == ["RunCommandNode", "RunPythonFileNode"])
        for type in passing {
            let names = Set(type.parameters.map(\.name))
            #expect(type.argumentParameters.isSubset(of: names), "\(type.name)")
        }
    }

    /// What a node of a type is given by the engine, which does nothing with it.
    private static func inputs(
        of type: NodeType, _ config: Object, _ secret: SecretFields?, variables: Object = [:]
    ) async throws -> Object {
        let seen = Mutex<Object>([:])
        var stub = type
        stub.effectFor = nil
        stub.behaviour = .perform { inputs, _ in
            seen.withLock { $0 = inputs.all }
            return NodeResult()
        }
        let (parsed, issues) = WorkflowDocument.parse([
            "metadata": ["name": "w"],
            "nodes": ["n": ["node_type": .string(type.name), "config": .object(config)]],
        ])
        var environment = RunEnvironment(workingDirectory: "/tmp")
        environment.secrets = { request in
            Dictionary(
                request.references.map { reference -> (String, SecretAnswer) in
                    guard let secret else { return (reference, .refused(SecretProblem(.notFound, "none"))) }
                    return (reference, .found(secret))
                }, uniquingKeysWith: { first, _ in first })
        }
        let driver = RunDriver(
            program: try Program(try #require(parsed, "\(issues)"), catalogue: NodeCatalogue([stub])), runID: "r",
            options: Job.Options(), variables: variables, journal: MemoryJournal(), environment: environment)
        guard case .finished(_, let failure, _) = try await driver.run() else { return [:] }
        if let failure { return ["failure": .string(failure.type)] }
        return seen.withLock { $0 }
    }

    /// What a type cannot do without, beside its secret.
    private static let needed: Object = [
        "email_uid": "1", "host": "own", "action": "Send Email", "token": "own", "query": "SELECT 1", "connection": "c",
    ]

    private static func config(of type: NodeType) -> Object {
        let names = Set(type.parameters.map(\.name))
        let config = Object(Self.needed.filter { names.contains($0.key) }.map { ($0.key, $0.value) })
        return type.name.hasPrefix("Email")
            ? config : Object(config.filter { $0.key != "action" }.map { ($0.key, $0.value) })
    }

    @Test(arguments: Self.types.map(\.name))
    func `a secret's values count before the node's own, under each of their names`(name: String) async throws {
        let type = try #require(StandardNodes.catalogue.type(named: name))
        for field in type.credentialFields {
            for alias in field.fields {
                let own: Value = field.parameter == "port" ? 1 : "own"
                let config = Self.config(of: type).merging(["credential_name": "box", field.parameter: own])
                let value = field.parameter == "port" ? "4711" : "secret-\(alias)"
                let inputs = try await Self.inputs(of: type, config, SecretFields([alias: SecretText(value)]))
                #expect(inputs[field.parameter]?.displayText == value, "\(name).\(field.parameter) of \(alias)")
            }
        }
    }

    @Test(arguments: Self.types.map(\.name))
    func `a secret that cannot be had fails the node, whatever else it is told`(name: String) async throws {
        let type = try #require(StandardNodes.catalogue.type(named: name))
        let own = Object(
            type.credentialFields.map { field -> (String, Value) in
                (field.parameter, field.parameter == "port" ? 1 : "own")
            })
        let config = Self.config(of: type).merging(own).merging(["credential_name": "box"])
        #expect(try await Self.inputs(of: type, config, nil) == ["failure": "secret_not_found"])
    }

    @Test func `variables count after the node's own values`() async throws {
        let auth = try #require(StandardNodes.catalogue.type(named: "HttpAuthNode"))
        let variables: Object = ["http_token": "of the run", "http_username": "ann"]
        let own = try await Self.inputs(of: auth, ["token": "own"], nil, variables: variables)
        #expect(own["token"] == "own" && own["username"] == "ann")
        #expect(try await Self.inputs(of: auth, [:], nil, variables: variables)["token"] == "of the run")
        let mail = try #require(StandardNodes.catalogue.type(named: "EmailSuperNode"))
        let accounts: Object = ["smtp_username": "sender", "imap_username": "reader"]
        for (action, user) in [("Send Email", "sender"), ("Read Emails", "reader"), ("Read", "reader")] {
            let inputs = try await Self.inputs(of: mail, ["action": .string(action)], nil, variables: accounts)
            #expect(inputs["username"]?.string == user, "\(action)")
        }
        let database = try #require(StandardNodes.catalogue.type(named: "DatabaseConnectNode"))
        let url: Object = ["database_url": "postgres://ann@db/orders"]
        for (config, text) in [
            (["db_type": "postgresql"], "postgres://ann@db/orders"),
            (["db_type": "postgresql", "username": "ann"], ""),
            (["db_type": "sqlite"], ""),
        ] as [(Object, String)] {
            let inputs = try await Self.inputs(of: database, config, nil, variables: url)
            #expect(inputs["connection_string"]?.string == text, "\(config)")
        }
    }
}
