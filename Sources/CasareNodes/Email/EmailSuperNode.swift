import CasareDomain
import CasareEngine

/// How often a use of a mail node may happen, told from its parameters.
enum EmailEffects {
    /// Mails that were marked are not found again by the criteria that found them.
    static let read: @Sendable (Object) -> NodeType.Effect = { config in
        config.knownFlag("mark_as_read", default: false) == false ? .captured : .effect
    }

    /// A mail that is gone cannot be deleted again.
    static func delete(_ flag: String) -> @Sendable (Object) -> NodeType.Effect {
        { $0.knownFlag(flag, default: false) == false ? .idempotent : .effect }
    }
}

extension EmailNodes {
    private static let actions: [SuperAction] = [
        SuperAction("Send Email", short: ["Send"], effectFor: { _ in .effect }, awaiting: SendEmail.perform),
        SuperAction("Read Emails", short: ["Read"], effectFor: EmailEffects.read, awaiting: MailboxActions.read),
        SuperAction("Mark Email", short: ["Mark"], effectFor: { _ in .idempotent }, awaiting: MailboxActions.mark),
        SuperAction(
            "Delete Email", short: ["Delete"], effectFor: EmailEffects.delete("permanent_delete"),
            awaiting: MailboxActions.delete),
        SuperAction("Move Email", short: ["Move"], effectFor: { _ in .effect }, awaiting: MailboxActions.move),
        SuperAction(
            "Save Attachment", short: ["Save", "Save Attachments"], effectFor: { _ in .effect },
            awaiting: MailboxActions.saveAttachments),
    ]

    static let superNode = NodeType(
        "EmailSuperNode", family: Self.family, "Does one of the mail operations.",
        parameters: [SuperAction.parameter(Self.actions), Self.credential] + Self.account("SMTP_ or IMAP")
            + Self.smtpServer
            + Self.message + [
                Self.startTLS,
                .init("use_smtp_ssl", .boolean, default: false, "TLS from the start, of the server that sends."),
            ] + Self.imapServer + [
                .init(
                    "use_imap_ssl", .boolean, default: true,
                    "TLS from the start, of the mailbox; otherwise STARTTLS where the server offers it."),
                Self.folder,
            ] + Self.search + Self.markAs + [
                Self.uid.optional,
                .init("permanent_delete", .boolean, default: false, "Remove it, not only mark it as deleted."),
                Self.targetFolder, Self.savePath(), .certificateAuthority, .allowInternalURLs, .serverTimeout(),
            ] + RetryRule.parameters,
        outputs: [
            .init("success", .boolean), .init("message_id", .string), .init("emails", .list), .init("count", .integer),
            .init("saved_files", .list), .init("error", .string),
        ],
        execOutputs: ["exec_out", "exec_error"],
        effect: .effect, effectFor: SuperAction.effectFor(Self.actions),
        .reporting(error: true, SuperAction.work(Self.actions)))
}
