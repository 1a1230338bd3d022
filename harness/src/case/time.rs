//! Spans of time in cases: `500ms`, `1.5s`, `2MSL+1s`, `3*RTO`.

/// A sum of the target's own spans and a fixed one. May be negative only in the middle of a sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// How many times the target's 2·MSL.
    pub two_msl: i32,
    /// How many times the retransmission timeout of the connection in hand (as the target reports it at this step).
    pub rto: i32,
    /// Nanoseconds on top.
    pub nanos: i64,
}
