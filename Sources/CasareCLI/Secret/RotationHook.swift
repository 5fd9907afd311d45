import CasareDomain
import Subprocess
import SystemPackage

/// A command of the person's own that brings a new value to where it is used, before it takes the place of the old one.
///
/// The value goes to its stdin, as JSON; arguments and environment, which others on this machine can read, hold nothing
/// of it. What it prints goes to stderr: stdout is for the result of casarectl.
struct RotationHook: Sendable {
    /// For the shell.
    let command: String
    /// It is ended when the time is up.
    let timeout: Duration

    /// Between SIGTERM and SIGKILL.
    private static let gracePeriod = Duration.seconds(5)
    static let timeoutDefault = Duration.seconds(600)

    /// How it did not work, for people; never anything that it was told.
    struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        let description: String
    }

    /// What it is told.
    static func input(of secret: String, version: Int, _ fields: SecretFields) -> SecretText {
        var values: Object = [:]
        for name in fields.names {
            fields[name]?.reveal { values[name] = .string($0) }
        }
        let input: Object = ["name": .string(secret), "version": .int(version), "fields": .object(values)]
        return SecretText(Value.object(input).jsonText(.compact) + "\n")
    }

    /// Returns when it has ended with 0.
    ///
    /// - Throws: `Failure` for everything else; `CancellationError`, after it has been ended.
    func run(_ input: SecretText) async throws {
        let status = try await withThrowingTaskGroup(of: TerminationStatus?.self) { group in
            group.addTask { try await self.runToEnd(input) }
            group.addTask {
                try await Task.sleep(for: self.timeout)
                return nil
            }
            defer { group.cancelAll() }
            // Two children: the first to end decides; the group waits until the program has been ended.
            return try await group.next() ?? nil
        }
        try Task.checkCancellation()
        switch status {
        case .exited(0)?: return
        case .exited(let code)?: throw Failure(description: "the hook ended with status \(code)")
        case .signaled(let signal)?: throw Failure(description: "the hook was killed by signal \(signal)")
        case nil:
            let seconds = TimeSpan.text(seconds: Double(self.timeout.components.seconds))
            throw Failure(description: "the hook had not ended after \(seconds), and was ended")
        }
    }

    private func runToEnd(_ input: SecretText) async throws -> TerminationStatus {
        var options = PlatformOptions()
        // A session of its own: ^C reaches this process only, which then ends the hook and takes the version back.
        options.createSession = true
        options.teardownSequence = [
            .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: Self.gracePeriod)
        ]
        do {
            let result = try await Subprocess.run(
                .path("/bin/sh"), arguments: Arguments(["-c", self.command]), platformOptions: options,
                input: .inputWriter, output: .currentStandardError, error: .currentStandardError
            ) { execution in
                let writer = execution.standardInputWriter
                var bytes = input.withBytes { Array($0) }
                defer { SecretText.wipe(&bytes) }
                // One that does not read it all has closed its end: how it ends says whether it worked.
                _ = try? await writer.write(bytes)
            }
            return result.terminationStatus
        } catch let error as SubprocessError {
            try Task.checkCancellation()
            throw Failure(description: "the hook could not be run: \(error)")
        }
    }
}
