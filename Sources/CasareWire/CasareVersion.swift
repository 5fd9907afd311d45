/// The version of everything in this package.
public enum CasareVersion {
    public static let current = "0.1.0"
}
