package import CasareDomain
import FoundationEssentials
import Subprocess
import SystemPackage

/// A real server of a protocol that nodes speak, in a process of its own on loopback, for the time of one test.
///
/// The servers come from Debian packages (`deploy/install-packages --tests`) and are set up by short Python programs.
package struct TestServer: Sendable {
    /// The folder of the server's files: `cert.pem` (its certificate, which is its own authority), `log`, and more.
    package let folder: String
    /// What the program said when it was ready, such as its ports.
    package let details: Value

    package var authority: Value { .string("\(self.folder)/cert.pem") }
    package var log: String { self.text("log") }

    package func port(_ name: String = "port") -> Value { self.details[name] ?? .null }

    /// A file of the server's folder; empty when there is none.
    package func text(_ name: String) -> String {
        (try? String(contentsOf: URL(filePath: "\(self.folder)/\(name)"), encoding: .utf8)) ?? ""
    }

    package func write(_ text: String, _ name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(self.folder)/\(name)"))
    }

    package func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(self.folder)/\(folder)").sorted()
    }

    /// Python of the system, for which the packages are, whatever else is on the path.
    private static let python: FilePath = "/usr/bin/python3"

    /// Gives `body` a server that a Python program runs, and ends it afterwards.
    static func with<Result: Sendable>(
        program: String, options: Object, _ body: @escaping @Sendable (TestServer) async throws -> Result
    ) async throws -> Result {
        try await Turnstile.servers.pass {
            // Where tests run as root, servers give that up, and must still get at their files.
            try await withTemporaryDirectory(permissions: 0o755) { folder in
                let log = "\(folder)/log"
                let file = try FileDescriptor.open(
                    FilePath(log), .writeOnly, options: [.create, .append], permissions: .ownerReadWrite)
                let outcome = try await Subprocess.run(
                    .path(Self.python),
                    arguments: ["-c", Self.preamble + program, folder, Value.object(options).jsonText(.compact)],
                    input: .none, output: .fileDescriptor(file, closeAfterSpawningProcess: false),
                    error: .fileDescriptor(file, closeAfterSpawningProcess: true)
                ) { execution in
                    let running = RunningProgram(execution.processIdentifier.value, log: log)
                    let result: Swift.Result<Result, any Error>
                    do {
                        result = .success(try await body(try await Self.ready(running, folder)))
                    } catch {
                        result = .failure(error)
                    }
                    // Asked, not killed: it may have processes of its own to end.
                    running.send(.terminate)
                    do {
                        try await eventually("the server has ended") { running.hasEnded ? true : nil }
                    } catch {
                        running.send(.kill)
                        throw error
                    }
                    return try result.get()
                }
                return outcome.closureResult
            }
        }
    }

    private static func ready(_ running: RunningProgram, _ folder: String) async throws -> TestServer {
        let details = try await eventually("the server is ready") { () throws -> Value? in
            guard !running.hasEnded else { throw NeverHappened(what: "the server is ready: \(running.log)") }
            guard let data = FileManager.default.contents(atPath: "\(folder)/ready.json") else { return nil }
            return try Value(parsingJSON: Array(data))
        }
        return TestServer(folder: folder, details: details)
    }

    /// What the programs have in common: they end at SIGTERM, and when the tests are gone.
    private static let preamble = """
        import datetime, ipaddress, json, os, signal, ssl, sys, threading, time

        folder, options, parent = sys.argv[1], json.loads(sys.argv[2]), os.getppid()

        def end(*_):
            # A library that catches everything may catch this too: then it is asked again.
            again = threading.Timer(5, os.kill, (os.getpid(), signal.SIGTERM))
            again.daemon = True
            again.start()
            sys.exit(0)

        signal.signal(signal.SIGTERM, end)

        def watch():
            while os.getppid() == parent:
                time.sleep(0.5)
            os.kill(os.getpid(), signal.SIGTERM)

        threading.Thread(target=watch, daemon=True).start()

        def ready(**details):
            with open(folder + "/ready.tmp", "w") as file:
                json.dump(details, file)
            os.rename(folder + "/ready.tmp", folder + "/ready.json")

        def note(name, text):
            with open(folder + "/" + name, "a") as file:
                file.write(text + "\\n")

        def certificate():
            from cryptography import x509
            from cryptography.hazmat.primitives import hashes, serialization
            from cryptography.hazmat.primitives.asymmetric import ec
            key = ec.generate_private_key(ec.SECP256R1())
            name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
            names = [x509.DNSName("localhost")]
            now = datetime.datetime.utcnow()
            built = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
                .serial_number(x509.random_serial_number())
                .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
                .add_extension(x509.SubjectAlternativeName(names), critical=False)
                .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
                .sign(key, hashes.SHA256()))
            with open(folder + "/cert.pem", "wb") as file:
                file.write(built.public_bytes(serialization.Encoding.PEM))
            with open(folder + "/key.pem", "wb") as file:
                file.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption()))

        def tls():
            certificate()
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(folder + "/cert.pem", folder + "/key.pem")
            return context


        """
}
