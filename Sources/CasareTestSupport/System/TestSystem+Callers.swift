extension TestSystem {
    /// The same system as it is for somebody else.
    package func shown(_ token: String) -> TestSystem {
        TestSystem(folder: self.folder, url: self.url, token: token, databaseURL: self.databaseURL, dev: self.dev)
    }

    /// Where it listens: `CASARE_PORT` of another orchestrator that comes in its place.
    package var port: String { self.url.split(separator: ":").last.map(String.init) ?? "" }
}
