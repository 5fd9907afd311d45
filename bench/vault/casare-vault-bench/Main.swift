import CasareDomain
import CasarePostgres
import CasareStore
import FoundationEssentials
import Glibc

/// Fills a vault, reads it, and looks whether all of it opens. `bench/vault/run` drives it.
///
///     casare-vault-bench fill|start|read|verify DSN COUNT SECONDS KEY [FORMER-KEY]
///
/// What was found is the last line of its output, as JSON.
@main
enum Main {
    static func main() async {
        do {
            let words = CommandLine.arguments
            guard words.count == 6 || words.count == 7, let count = Int(words[3]), let seconds = Double(words[4]),
                let key = SealingKey(text: words[5])
            else { throw BenchError("usage: casare-vault-bench VERB DSN COUNT SECONDS KEY [FORMER-KEY]") }
            var former: [SealingKey] = []
            if words.count == 7 {
                guard let one = SealingKey(text: words[6]) else { throw BenchError("the former key is none") }
                former.append(one)
            }
            let database = Database(try PostgresConfiguration(url: words[2]), connectionsMax: VaultBench.writers)
            let bench = VaultBench(database: database, keys: KeyRing(current: key, former: former), count: count)
            let found =
                switch words[1] {
                case "fill": try await bench.fill()
                case "start": try await bench.start()
                case "read": try await bench.read(for: .seconds(seconds))
                case "verify": try await bench.verify()
                default: throw BenchError("there is no \(words[1])")
                }
            await database.close()
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            print(String(decoding: try encoder.encode(found), as: UTF8.self))
        } catch {
            print("casare-vault-bench: \(error)")
            exit(EXIT_FAILURE)
        }
    }
}

struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
