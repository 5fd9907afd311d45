import Synchronization

/// The series of one metric. Beyond its limit one more takes what would have made others: nothing is lost of the whole,
/// and memory has an end.
final class SeriesTable<Cell: AnyObject & Sendable>: Sendable {
    private struct State {
        var cells: [Attributes: Cell] = [:]
        var overflow: Cell?
    }

    private let state = Mutex(State())
    private let seriesMax: Int
    private let make: @Sendable () -> Cell

    init(seriesMax: Int, make: @escaping @Sendable () -> Cell) {
        self.seriesMax = seriesMax
        self.make = make
    }

    /// The cell stays that of its series for good, so it may be kept.
    func cell(of attributes: Attributes) -> Cell {
        self.state.withLock { state in
            if let cell = state.cells[attributes] { return cell }
            if attributes == .overflow || state.cells.count >= self.seriesMax {
                if let cell = state.overflow { return cell }
                let cell = self.make()
                state.overflow = cell
                return cell
            }
            let cell = self.make()
            state.cells[attributes] = cell
            return cell
        }
    }

    /// In no order, the one for the rest last.
    var all: [(attributes: Attributes, cell: Cell)] {
        self.state.withLock { state in
            state.cells.map { ($0.key, $0.value) } + (state.overflow.map { [(.overflow, $0)] } ?? [])
        }
    }
}
