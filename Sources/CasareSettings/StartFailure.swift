#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How a service ends that could not start or go on.
package enum StartFailure {
    /// EX_USAGE of sysexits(3), as casarectl ends for a wrong command line.
    private static let usage: Int32 = 64

    /// Says on one line of stderr why.
    ///
    /// - Returns: The exit status: 64 for a setting that is wrong, 1 for anything else.
    package static func report(_ error: any Error, of program: String) -> Int32 {
        let line = "\(program): \(error)\n"
        // Nothing is left to tell anybody by when this fails.
        _ = line.withCString { write(STDERR_FILENO, $0, line.utf8.count) }
        return error is SettingError ? Self.usage : 1
    }
}
