import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Synchronization

/// A process of the tests' own under a name that no other has: a copy of `sleep`.
struct OwnProcess {
    let id: Int
    let name: String
    private let run: Task<Object, any Error>

    fileprivate init(in folder: RunFolder, named name: String, isStubborn: Bool) async throws {
        let program = "\(folder.path)/\(name)"
        if !folder.exists(name) { try FileManager.default.copyItem(atPath: "/bin/sleep", toPath: program) }
        let numberFile = UUID().uuidString
        // A signal that is ignored stays so for the program that takes the shell's place.
        let script = """
            echo $$ > \(numberFile)
            \(isStubborn ? "trap '' TERM" : "")
            exec \(program) 300
            """
        // How the script ended, if it has: then nothing is to be waited for.
        let ending = Mutex<Result<Object, any Error>?>(nil)
        let run = Task { () async throws -> Object in
            let result: Result<Object, any Error>
            do {
                result = .success(
                    try await folder.perform("RunBatchScriptNode", ["script": .string(script), "timeout": 600]))
            } catch {
                result = .failure(error)
            }
            ending.withLock { $0 = result }
            return try result.get()
        }
        do {
            self.id = try await eventually("\(name) runs") {
                if let ended = ending.withLock({ $0 }) {
                    let outputs = try ended.get()
                    throw EndedEarly(name: name, outputs: outputs)
                }
                let text = (try? folder.read(numberFile)) ?? ""  // Not there yet.
                return Int(text.prefix { $0 != "\n" }).flatMap { Self.commandName(of: $0) == name ? $0 : nil }
            }
        } catch {
            run.cancel()
            _ = try? await run.value  // It has failed, or is cancelled.
            throw error
        }
        (self.name, self.run) = (name, run)
    }

    private struct EndedEarly: Error {
        let name: String
        let outputs: Object
    }

    /// Short enough for the kernel not to cut it.
    static func freshName() -> String { "own-\(UUID().uuidString.prefix(8))" }

    private static func commandName(of id: Int) -> String? {
        guard let text = try? String(contentsOfFile: "/proc/\(id)/comm", encoding: .utf8) else { return nil }
        return String(text.prefix { $0 != "\n" })
    }

    var isLiving: Bool { isRunning(String(self.id)) }

    /// Waits for the process to end: the signal that ended it.
    func endingSignal() async throws -> Int? { try await self.run.value["return_code"]?.int.map { -$0 } }

    fileprivate func end() async {
        self.run.cancel()
        _ = try? await self.run.value
    }
}

/// Starts a process for the time of the body.
func withOwnProcess<R>(
    in folder: RunFolder, named name: String = OwnProcess.freshName(), isStubborn: Bool = false,
    _ body: (OwnProcess) async throws -> R
) async throws -> R {
    let process = try await OwnProcess(in: folder, named: name, isStubborn: isStubborn)
    do {
        let result = try await body(process)
        await process.end()
        return result
    } catch {
        await process.end()
        throw error
    }
}
