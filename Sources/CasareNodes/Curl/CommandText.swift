import CasareEngine

/// Texts that stand in the lines of the Internet's older protocols (FTP, SMTP, IMAP) and in the header of a mail.
enum CommandText {
    /// - Throws: `ValueError` for a text that would end its line, so that what follows became a command or field.
    static func check(_ text: String, of parameter: String) throws(NodeFailure) {
        guard !text.unicodeScalars.contains(where: { ($0.value < 0x20 && $0 != "\t") || $0.value == 0x7F }) else {
            throw .value("\(parameter) must not contain line breaks or other control characters")
        }
    }

    /// A text in quotes, with a backslash before what would end them: the quoted strings of mails (RFC 5322 §3.2.4), of
    /// IMAP (RFC 3501 §4.3) and of libcurl's commands for SFTP, and the elements of PostgreSQL's array literals (manual
    /// §8.15.2).
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        // By characters a quote with an accent upon it would be another character, and end the text all the same.
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { quoted += "\\" }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }
}
