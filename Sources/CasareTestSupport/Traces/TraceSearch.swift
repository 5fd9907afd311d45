import CasareDomain
import FoundationEssentials
import Subprocess
import SystemPackage

/// Looks for known values in files, byte by byte, in every form in which a program may have left them.
package struct TraceSearch: Sendable {
    /// A value that was found.
    package struct Found: Hashable, Sendable, CustomStringConvertible {
        package let file: String
        /// What the value is called; never the value.
        package let name: String
        /// Such as `plain`, `json` or `base64+1`, the base64 of it behind one other byte.
        package let form: String
        package let count: Int
        package let offset: Int

        package var description: String {
            "\(self.name) as \(self.form) in \(self.file), \(self.count) times, first at \(self.offset)"
        }
    }

    /// The values by what they are called in messages.
    private let values: [String: String]

    package init(_ values: [String: String]) { self.values = values }

    /// What of the values stands in a file, or in the files below a folder.
    ///
    /// - Parameter places: Paths; every one of them must be there.
    package func found(in places: [String]) async throws -> [Found] {
        let output = try await Self.run(
            ["search"], .object(["values": self.given, "places": .list(places.map(Value.string))]))
        return try Self.lines(output).map { line in
            Found(
                file: line["file"]?.string ?? "", name: line["name"]?.string ?? "", form: line["form"]?.string ?? "",
                count: line["count"]?.int ?? 0, offset: line["offset"]?.int ?? 0)
        }
    }

    /// The forms that are looked for, each with the bytes of a value in it, as a file for each in a folder: the search
    /// has to find every one of them.
    ///
    /// - Returns: the names of the files.
    package func plant(in folder: String) async throws -> [String] {
        let output = try await Self.run(["plant"], .object(["values": self.given, "folder": .string(folder)]))
        return try Self.lines(output).compactMap { $0["file"]?.string }
    }

    private var given: Value {
        .object(Object(self.values.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
    }

    private static func lines(_ output: String) throws -> [Value] {
        try output.split(separator: "\n").map { try Value(parsingJSON: String($0)) }
    }

    private static let outputBytesMax = 16 << 20

    private static func run(_ arguments: [String], _ input: Value) async throws -> String {
        let result = try await Subprocess.run(
            .path("/usr/bin/python3"), arguments: Arguments(["-c", Self.program] + arguments),
            input: .string(input.jsonText(.compact)), output: .string(limit: Self.outputBytesMax),
            error: .string(limit: Self.outputBytesMax))
        guard result.terminationStatus.isSuccess else {
            throw NeverHappened(what: "files are searched: \(result.standardError)")
        }
        return result.standardOutput
    }

    /// Whole values, and of each the longest piece of letters and digits: what cuts or escapes a value in a way that is
    /// not listed here leaves that.
    private static let program = #"""
        import base64, json, mmap, os, re, sys, urllib.parse

        given = json.load(sys.stdin)
        PIECE = 10

        def forms(value):
            raw = value.encode()
            forms = {"plain": raw, "hex": raw.hex().encode(), "HEX": raw.hex().upper().encode()}
            for ascii in (False, True):
                escaped = json.dumps(value, ensure_ascii=ascii)[1:-1]
                name = "json-ascii" if ascii else "json"
                forms[name] = escaped.encode()
                forms[name + "-slash"] = escaped.replace("/", "\\/").encode()
                forms[name + "-twice"] = json.dumps(escaped, ensure_ascii=ascii)[1:-1].encode()
            forms["url"] = urllib.parse.quote(value, safe="").encode()
            forms["url-small"] = re.sub(b"%..", lambda part: part[0].lower(), forms["url"])
            forms["url-path"] = urllib.parse.quote(value).encode()
            forms["form"] = urllib.parse.quote_plus(value).encode()
            forms["utf16le"] = value.encode("utf-16-le")
            forms["utf16be"] = value.encode("utf-16-be")
            forms["sql"] = value.replace("'", "''").encode()
            forms["copy"] = value.replace("\\", "\\\\").replace("\n", "\\n").encode()
            for shift in range(3):
                encoded = base64.b64encode(b"\0" * shift + raw + b"\0\0").decode()
                piece = encoded[(8 * shift + 5) // 6:8 * (shift + len(raw)) // 6]
                forms[f"base64+{shift}"] = piece.encode()
                forms[f"base64url+{shift}"] = piece.replace("+", "-").replace("/", "_").encode()
            core = max(re.findall("[A-Za-z0-9]+", value) or [""], key=len)
            if len(core) >= PIECE:
                forms["piece"] = core.encode()
                forms["piece-hex"] = core.encode().hex().encode()
                forms["piece-utf16"] = core.encode("utf-16-le")
            return forms

        def needles():
            for name, value in given["values"].items():
                seen = {}
                for form, needle in forms(value).items():
                    if needle not in seen:
                        seen[needle] = form
                        yield name, form, needle

        def files(place):
            if not os.path.isdir(place):
                yield place
                return
            for folder, _, names in os.walk(place):
                for name in names:
                    path = os.path.join(folder, name)
                    # Sockets, and links to what is looked at elsewhere.
                    if os.path.isfile(path) and not os.path.islink(path):
                        yield path

        def search(path, needles):
            try:
                file = open(path, "rb")
            except FileNotFoundError:
                if path in given["places"]:
                    raise
                return
            with file:
                if os.fstat(file.fileno()).st_size == 0:
                    return
                with mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as content:
                    for name, form, needle in needles:
                        count, first, at = 0, -1, content.find(needle)
                        while at >= 0 and count < 1000:
                            first = at if count == 0 else first
                            count += 1
                            at = content.find(needle, at + 1)
                        if count:
                            print(json.dumps({"file": path, "name": name, "form": form, "count": count, "offset": first}))

        if sys.argv[1] == "search":
            wanted = list(needles())
            for place in given["places"]:
                for path in files(place):
                    search(path, wanted)
        else:
            for number, (name, form, needle) in enumerate(needles()):
                path = f"{given['folder']}/{number}-{form}"
                with open(path, "wb") as file:
                    file.write(b"before " * 1000 + needle + b" behind")
                print(json.dumps({"file": path}))
        """#
}
