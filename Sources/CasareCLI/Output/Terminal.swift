import CasareDomain
import FoundationEssentials
import Glibc

/// The three standard streams, as far as commands care.
struct Terminal: Sendable {
    var readsFromPerson: Bool
    var printsToPerson: Bool
    var reportsToPerson: Bool
    /// Columns of the terminal that results are printed to.
    var width: Int?
    /// What the environment says about colour.
    var allowsColour: Bool

    static var standard: Terminal {
        let environment = Environment.process
        let prints = isatty(STDOUT_FILENO) == 1
        // https://no-color.org: set and not empty.
        let allowsColour = (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
        return Terminal(
            readsFromPerson: isatty(STDIN_FILENO) == 1, printsToPerson: prints,
            reportsToPerson: isatty(STDERR_FILENO) == 1, width: prints ? Self.columns(STDOUT_FILENO, environment) : nil,
            allowsColour: allowsColour)
    }

    /// Columns of the terminal that stderr goes to, as it is now.
    static var reportWidth: Int? { Self.columns(STDERR_FILENO, .process) }

    /// Whether a line may be written over: a dumb terminal can only go on.
    static var canRewrite: Bool { isatty(STDERR_FILENO) == 1 && Environment.process["TERM"] != "dumb" }

    /// Whether a question can be put: it appears on stderr and is answered on stdin.
    var canAsk: Bool { self.readsFromPerson && self.reportsToPerson }

    func renderContext(_ output: OutputOptions) -> RenderContext {
        RenderContext(
            width: self.width, usesColour: self.printsToPerson && self.allowsColour && !output.layout.noColor,
            now: Date())
    }

    private static func columns(_ descriptor: Int32, _ environment: Environment) -> Int? {
        if let columns = environment["COLUMNS"].flatMap({ Int($0) }), columns > 0 { return columns }
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }
}
