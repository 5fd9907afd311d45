import CasareCLI
import Dispatch
import Glibc

@main
struct Main {
    /// Not `async` itself: by the time such a one runs, the runtime has opened files of its own.
    static func main() {
        StandardStreams.prepare()
        Task { exit(await Casarectl.main(Array(CommandLine.arguments.dropFirst()))) }
        dispatchMain()
    }
}
