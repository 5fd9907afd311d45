import Testing

@testable import CasareNodes

/// What kind of file something is, for uploads and for mails.
@Suite struct MediaTypeTests {
    @Test(arguments: [
        ("notes.md", "text/markdown"), ("TABLE.CSV", "text/csv"), ("a.b.svg", "image/svg+xml"),
        ("x.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("x.bin", "application/octet-stream"), ("csv", "application/octet-stream"), ("x.", "application/octet-stream"),
        ("", "application/octet-stream"),
    ])
    func `a file's name tells its media type`(name: String, type: String) {
        #expect(MediaTypes.type(ofFile: name) == type)
    }
}
