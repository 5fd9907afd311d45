import CasareDomain
import CasareEngine

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
        parameters: [SuperAction.parameter(Self.actions), .credential] + Self.account("SMTP", "IMAP")
            + Self.smtpServer + Self.message + [
                Self.startTLS,
                .init("use_smtp_ssl", .boolean, default: false, "TLS from the start, of the server that sends."),
            ] + Self.imapServer + [
                Self.imapTLS("use_imap_ssl"), Self.folder,
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
        .reporting(error: true, SuperAction.work(Self.actions))
    ).taking(
        Credentials.account(prefix: { inputs in
            inputs.string("action").lowercased().hasPrefix("send") ? "smtp" : "imap"
        }))
}
