import CasareDomain
package import CasareSettings
package import CasareStore
package import Configuration

/// The keys that secrets are encrypted under, as a process is told them by its environment: one current key, from one
/// place, and former ones that still open.
package enum KeySettings {
    package static let key = Setting<SealingKey?>(
        "CASARE_SEALING_KEY", form: "32 bytes in base64 or hex", standard: nil,
        standardText: "none; no secrets can be kept or opened", isSecret: true,
        "The key that secrets are encrypted under in the database; the same for all orchestrators and for robots on "
            + "SQL. Keep a copy: nothing opens them without it. A robot that works over an orchestrator needs none."
    ) { text in SealingKey(text: text).map { .some($0) } }
    package static let file = Setting.optionalText(
        "CASARE_SEALING_KEY_FILE", form: "a path", standardText: "none",
        "A file with that key instead, which nobody else may read (mode 0600).")
    package static let command = Setting.optionalText(
        "CASARE_SEALING_KEY_COMMAND", form: "a shell command", standardText: "none",
        "A command that prints that key instead; it is run once, at the start.")
    package static let former = Setting<[String]>(
        "CASARE_SEALING_FORMER_KEYS", form: "keys and paths of files, separated by commas", standard: [],
        standardText: "none", isSecret: true,
        "Keys that were current before, or files of such (a path has a slash): they open what casarectl secret rekey "
            + "has not wrapped anew yet."
    ) { text in
        text.split(separator: ",").map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
            .filter { !$0.isEmpty }
    }

    package static let all =
        [
            Self.key.declaration, Self.file.declaration, Self.command.declaration, Self.former.declaration,
        ] + TransitKeyProvider.Settings.all

    /// - Returns: `nil` where no current key is set.
    /// - Throws: `SettingError` for a key that cannot be had, and where several current ones are set.
    package static func ring(in config: ConfigReader) throws(SettingError) -> KeyRing? {
        var found: [(variable: String, provider: any KeyProvider)] = []
        if let key = try self.key.value(in: config) { found.append((self.key.declaration.variable, key)) }
        if let path = try self.file.value(in: config) {
            found.append((self.file.declaration.variable, try self.key(of: path, self.file.declaration.variable)))
        }
        if let command = try self.command.value(in: config) {
            found.append((self.command.declaration.variable, try self.key(printedBy: command)))
        }
        var former: [any KeyProvider] = try self.formerKeys(in: config)
        if let transit = try TransitKeyProvider(config: config) {
            if try TransitKeyProvider.Settings.isFormer.value(in: config) {
                former.append(transit)
            } else {
                found.append((TransitKeyProvider.Settings.address.declaration.variable, transit))
            }
        }
        guard found.count <= 1 else {
            throw SettingError(
                found[1].variable,
                "is set, and \(found[0].variable) too: there is one current key; leave one of them out")
        }
        guard let current = found.first?.provider else {
            guard former.isEmpty else {
                let isTransit = former.last is TransitKeyProvider
                throw SettingError(
                    (isTransit ? TransitKeyProvider.Settings.isFormer.declaration : self.former.declaration).variable,
                    "is set, and no current key; set \(self.key.declaration.variable) too")
            }
            return nil
        }
        return KeyRing(current: current, former: former)
    }

    private static func formerKeys(in config: ConfigReader) throws(SettingError) -> [SealingKey] {
        let variable = self.former.declaration.variable
        let texts = try self.former.value(in: config)
        guard texts.count <= KeyRing.formerMax else {
            throw SettingError(variable, "has \(texts.count) keys; at most \(KeyRing.formerMax) can be kept")
        }
        var keys: [SealingKey] = []
        for text in texts {
            // Base64 has slashes too: what is a key is none of a path.
            if let key = SealingKey(text: text) {
                keys.append(key)
            } else if text.contains("/") {
                keys.append(try self.key(of: text, variable))
            } else {
                throw SettingError(
                    variable, "holds something that is neither \(self.key.declaration.form) nor a path with a slash")
            }
        }
        return keys
    }

    private static func key(printedBy command: String) throws(SettingError) -> SealingKey {
        let variable = self.command.declaration.variable
        let output: [UInt8]
        do throws(KeyCommand.Problem) {
            output = try KeyCommand.output(of: command)
        } catch {
            throw SettingError(variable, error.description)
        }
        return try self.key(in: output, variable)
    }

    private static func key(of path: String, _ variable: String) throws(SettingError) -> SealingKey {
        let content: [UInt8]
        do throws(FileProblem) {
            guard try !FileReader.isOpenToOthers(path) else { throw .openToOthers }
            content = try FileReader.content(of: path)
        } catch {
            throw SettingError(variable, "names \(path), which \(error)")
        }
        return try self.key(in: content, variable)
    }

    private static func key(in content: [UInt8], _ variable: String) throws(SettingError) -> SealingKey {
        var content = content
        defer { SecretText.wipe(&content) }
        let text = String(decoding: content, as: UTF8.self).filter { !$0.isWhitespace }
        guard let key = SealingKey(text: text) else {
            throw SettingError(variable, "gives something that is no key; expected \(self.key.declaration.form)")
        }
        return key
    }
}
