#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The three files that every program counts on.
package enum StandardFiles {
    /// Gives those that this process was started without to nobody. Otherwise the next file or connection that is
    /// opened would get such a number, and what is printed would go there.
    ///
    /// Call it first, before the runtime of concurrency opens files of its own. Reading from them and writing to them
    /// then fails, as it should.
    package static func fillGaps() {
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest free number is taken: this one.
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }
}
