import CasareCLI
import Glibc

@main
struct Main {
    static func main() async {
        exit(await Casarectl.main(Array(CommandLine.arguments.dropFirst())))
    }
}
