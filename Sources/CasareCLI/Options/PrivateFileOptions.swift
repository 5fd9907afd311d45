import ArgumentParser

/// Where a command writes people's data to.
struct PrivateFileOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Write to this file, which nobody else may read (default: stdout).", valueName: "file"),
        completion: .file(), transform: Text.notEmpty)
    var file: String?

    @Flag(help: "Replace the file if it is there.")
    var force = false

    func validate() throws {
        if self.force && self.file == nil { throw ValidationError("--force is about --file: name the file.") }
    }

    /// `nil`: stdout.
    var privateFile: PrivateFile? { self.file.map { PrivateFile(path: $0, mayReplace: self.force) } }
}
