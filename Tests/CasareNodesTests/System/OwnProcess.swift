import CasareDomain
import FoundationEssentials

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
        let run = Task { try await folder.perform("RunBatchScriptNode", ["script": .string(script), "timeout": 600]) }
        (self.name, self.run) = (name, run)
        while true {
            let text = (try? folder.read(numberFile)) ?? ""
            if let id = Int(text.prefix { $0 != "\n" }), Self.commandName(of: id) == name {
                self.id = id
                return
            }
            await Task.yield()
        }
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
