import CasareDomain
import CasareEngine

/// Parameters that several mail nodes have.
extension EmailNodes {
    static let imapServer: [NodeType.Parameter] = [
        .init("imap_server", .string, default: "imap.gmail.com", "The mailbox server."),
        .port("imap_port", default: 993),
    ]
    static let smtpServer: [NodeType.Parameter] = [
        .init("smtp_server", .string, default: "smtp.gmail.com", "The server that mail is handed to."),
        .port("smtp_port", default: 587),
    ]
    /// - Parameter prefixes: Of the variables: `SMTP`, `IMAP`.
    static func account(_ prefixes: String...) -> [NodeType.Parameter] {
        func variables(_ name: String) -> String { prefixes.map { "\($0)_\(name)" }.joined(separator: " or ") }
        return [
            .init(
                "username", .string, default: "",
                "Who signs in; else \(variables("USERNAME")) of the robot's environment."),
            .init(
                "password", .string, default: "",
                "The password; else \(variables("PASSWORD")) of the robot's environment."),
        ]
    }
    /// The catalogue has no third way between these two, so one who turns it off is taken at their word.
    static func imapTLS(_ name: String) -> NodeType.Parameter {
        .init(
            name, .boolean, default: true,
            "TLS of the mailbox from the start. Otherwise STARTTLS where the server offers it: where it does not, or "
                + "somebody in between hides the offer, the password and the mails go unprotected.")
    }
    static let uid = NodeType.Parameter("email_uid", .string, required: true, "The uid of the mail.")
    static let folder = NodeType.Parameter("folder", .string, default: "INBOX", "The folder.")
    static let targetFolder = NodeType.Parameter(
        "target_folder", .string, default: "", "The folder that the mail goes to.")
    static let search: [NodeType.Parameter] = [
        .init("limit", .integer, default: 10, range: 1...1000, "How many at most, the newest ones."),
        .init(
            "search_criteria", .string, default: "ALL",
            "Which mails, as IMAP's SEARCH has it: UNSEEN, FROM \"ann\", SINCE 1-Jan-2026, …"),
        .init("newest_first", .boolean, default: true, "Otherwise the newest is the last."),
    ]
    static let markAs: [NodeType.Parameter] = [
        .init(
            "mark_as", .string, choices: ["read", "unread", "flagged", "unflagged"],
            "What to mark it as; by default read."),
        .init("as_read", .boolean, "The older way to say read or unread; mark_as wins."),
    ]
    static let message: [NodeType.Parameter] = [
        .init("from_email", .string, default: "", "The sender's address; by default the user name."),
        .init("to_email", .string, default: "", aliases: ["to"], "Who gets it: addresses with commas between."),
        .init("subject", .string, default: "", "The subject."), .init("body", .string, default: "", "The text."),
        .init("cc", .string, default: "", "Who gets a copy."),
        .init("bcc", .string, default: "", "Who gets a copy that the others do not see."),
        .init("is_html", .boolean, default: false, "The text is HTML."),
        .init(
            "attachments", .any, "Paths of files: a list, or text with commas. One that is missing is left out."),
        .init("priority", .string, default: "normal", choices: ["high", "normal", "low"], "How urgent it is."),
    ]
    static let startTLS = NodeType.Parameter(
        "use_tls", .boolean, default: true, "STARTTLS; a server without it is refused.")

    static func savePath(aliases: [NodeType.Parameter.Alias] = []) -> NodeType.Parameter {
        .init("save_path", .string, default: ".", aliases: aliases, "The directory that the files go to.")
    }
}
