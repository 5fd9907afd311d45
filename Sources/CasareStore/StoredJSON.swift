import CasareDomain
import FoundationEssentials

/// JSON texts as they are stored, and back.
enum StoredJSON {
    static func text(of object: Object) -> String { Value.object(object).jsonText(.compact) }

    static func object(_ text: String, in what: String) throws(StoreError) -> Object {
        guard let object = (try? Value(parsingJSON: text))?.object else {  // Which error it is helps nobody here.
            throw .unreadable("\(what) does not hold a JSON object")
        }
        return object
    }

    static func text(of options: Job.Options) throws(StoreError) -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = .sortedKeys
        do {
            return String(decoding: try encoder.encode(options), as: UTF8.self)
        } catch {
            throw .unreadable("the job's options cannot be stored: \(error)")
        }
    }

    static func options(_ text: String, in what: String) throws(StoreError) -> Job.Options {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode(Job.Options.self, from: Data(text.utf8))
        } catch {
            throw .unreadable("the options of \(what) cannot be read: \(error)")
        }
    }
}

extension String {
    /// PostgreSQL's text holds every character but U+0000, which error messages may quote from files and programs.
    var storable: String { self.utf8.contains(0) ? self.replacing("\0", with: "\u{FFFD}") : self }
}
