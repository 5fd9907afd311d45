import FoundationEssentials
import Subprocess
import SystemPackage

/// `bench/chaos/run`, on the programs that are built into the folder of the test process.
package enum ChaosRun {
    private static let outputBytesMax = 1 << 20

    /// - Returns: Whether all seeds passed, and what was printed.
    package static func run(_ arguments: [String]) async throws -> (passed: Bool, output: String) {
        let programs = try FilePath(FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
            .removingLastComponent().string
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(separator: "/")
        let result = try await Subprocess.run(
            .name("python3"), arguments: Arguments(["\(root)/bench/chaos/run", programs] + arguments),
            input: .none, output: .string(limit: Self.outputBytesMax), error: .string(limit: Self.outputBytesMax))
        return (result.terminationStatus.isSuccess, result.standardOutput + result.standardError)
    }
}
