import CasareDomain

/// What a person says at the prompt of `--step` and `--break`.
enum DebugCommand: Hashable, Sendable {
    /// Moving on.
    case step, next, out, proceed, quit
    /// Looking around.
    case variables(String?), inputs, outputs(String?), stack, print(String)
    case watch(String), unwatch(Int?)
    case set(VariableAssignment)
    /// `nil`: here.
    case breakAt(String?), delete(Int), breakpoints
    case help

    private static let names: [String: String] = [
        "s": "step", "n": "next", "o": "out", "c": "continue", "cont": "continue", "q": "quit", "exit": "quit",
        "v": "vars", "variables": "vars", "i": "inputs", "where": "stack", "bt": "stack", "p": "print", "w": "watch",
        "b": "break", "d": "delete", "h": "help", "?": "help",
    ]
    private static let all = [
        "step", "next", "out", "continue", "quit", "vars", "inputs", "outputs", "stack", "print", "watch", "unwatch",
        "set", "break", "delete", "breaks", "help",
    ]

    /// - Parameter line: A command and, after blanks, what it is about.
    init(parsing line: String) throws(DebugMistake) {
        let words = line.split(maxSplits: 1, whereSeparator: \.isWhitespace)
        let given = words.first.map { $0.lowercased() } ?? ""
        let name = Self.names[given] ?? given
        let rest = words.count > 1 ? Self.trimmed(words[1]) : ""
        let argument = rest.isEmpty ? nil : rest
        switch name {
        case "vars": self = .variables(argument)
        case "outputs": self = .outputs(argument)
        case "print": self = .print(try Self.needed(argument, "print EXPRESSION"))
        case "watch": self = .watch(try Self.needed(argument, "watch EXPRESSION"))
        case "unwatch": self = .unwatch(try argument.map { text throws(DebugMistake) in try Self.number(text) })
        case "set":
            let text = try Self.needed(argument, "set NAME=VALUE")
            do {
                self = .set(try VariableAssignment(parsing: text))
            } catch {
                throw DebugMistake("set: \(error)")
            }
        case "break": self = .breakAt(argument)
        case "delete": self = .delete(try Self.number(try Self.needed(argument, "delete NUMBER")))
        default:
            guard let plain = Self.plain[name] else {
                let shown = Self.shortened(given)
                let hint = Spelling.nearest(to: shown, among: Self.all).map { "; did you mean '\($0)'?" } ?? ""
                throw DebugMistake("there is no command '\(shown)'\(hint.isEmpty ? "; help lists them" : hint)")
            }
            if let argument { throw DebugMistake("\(name) stands alone, without '\(Self.shortened(argument))'") }
            self = plain
        }
    }

    private static let plain: [String: DebugCommand] = [
        "step": .step, "next": .next, "out": .out, "continue": .proceed, "quit": .quit, "inputs": .inputs,
        "stack": .stack, "breaks": .breakpoints, "help": .help,
    ]

    private static func needed(_ argument: String?, _ form: String) throws(DebugMistake) -> String {
        guard let argument else { throw DebugMistake("it is \(form)") }
        return argument
    }

    private static func number(_ text: String) throws(DebugMistake) -> Int {
        guard let number = Int(text) else { throw DebugMistake("'\(Self.shortened(text))' is no number") }
        return number
    }

    /// What is said again of a command: it may be whatever was piped into the program.
    static func shortened(_ text: String, charactersMax: Int = 60) -> String {
        // As many bytes are never more characters.
        if text.utf8.count <= charactersMax { return text }
        let beginning = text.prefix(charactersMax)
        return beginning.endIndex == text.endIndex ? text : "\(beginning)…"
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }

    static let helpText = """
        step, s               on to the next node, into loops and subflows
        next, n               over what is inside this node: the next one beside it
        out, o                on until the innermost loop, try or subflow is left
        continue, c           on to the next breakpoint, or the end
        quit, q               end the run here
        vars, v [NAME]        the variables, or one of them whole
        inputs, i             what this node is given, whole
        outputs [NODE]        the nodes that have put something out, or what one has
        stack, where          the loops, tries and subflows around this node
        print, p EXPRESSION   compute an expression, such as total > 100 and order.lines[0].price
        watch, w EXPRESSION   compute it at every pause
        unwatch [NUMBER]      no longer, or nothing any longer
        set NAME=VALUE        set a variable; VALUE as --var takes it
        break, b [NODE[ if EXPRESSION]]   pause before a node, or before this one
        breaks                the breakpoints
        delete, d NUMBER      forget a breakpoint
        help, h               this
        An empty line repeats the last command. ^D at the prompt ends the run, and so does ^C anywhere.
        """
}

/// A command that cannot be carried out; the run stays where it is.
struct DebugMistake: Error, Hashable, Sendable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
