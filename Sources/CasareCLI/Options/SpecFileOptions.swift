import ArgumentParser

/// What is created from a file, from options, or from both.
struct SpecFileOptions: ParsableArguments {
    @Argument(help: "Its name; it may stand in the file.", transform: Text.notEmpty) var name: String?
    @Option(
        name: [.customShort("f"), .customLong("file")],
        help: ArgumentHelp("Read name and spec from a JSON or YAML file, or from stdin (-).", valueName: "file"),
        transform: Text.notEmpty)
    var file: String?

    /// - Parameter noun: what it is.
    /// - Throws: `.usage` where neither says it.
    func name(or file: SpecFile?, noun: String) throws(CommandFailure) -> String {
        guard let name = self.name ?? file?.name else {
            throw CommandFailure(.usage, "give the \(noun) a name, here or in the file")
        }
        return name
    }
}
