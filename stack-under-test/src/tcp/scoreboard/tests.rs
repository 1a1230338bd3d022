use proptest::prelude::*;

use super::*;

const UNA: Seq = Seq(u32::MAX - 300);
const SMSS: u32 = 10;

/// RFC 6675, octet by octet, as it is written.
struct Naive {
    una: u32,
    nxt: u32,
    /// From UNA on.
    sacked: Vec<bool>,
}

impl Naive {
    fn is_sacked(&self, at: u32) -> bool {
        self.sacked.get(at as usize).copied().unwrap_or(false)
    }

    fn is_lost(&self, at: u32) -> bool {
        let above = || at + 1..self.nxt;
        let octets = above().filter(|&s| self.is_sacked(s)).count();
        let runs = above().filter(|&s| self.is_sacked(s) && (s == at + 1 || !self.is_sacked(s - 1))).count();
        runs >= 3 || octets > 2 * SMSS as usize
    }

    fn pipe(&self, rxt: u32) -> u32 {
        let missing = || (self.una..self.nxt).filter(|&s| !self.is_sacked(s));
        (missing().filter(|&s| !self.is_lost(s)).count() + missing().filter(|&s| s < rxt).count()) as u32
    }

    /// The number by rule 1, or else by rule 3, and whether it was rule 1.
    fn next_seg(&self, rxt: u32) -> Option<(u32, bool)> {
        let highest = (self.una..self.nxt).rev().find(|&s| self.is_sacked(s))?;
        let mut open = (self.una.max(rxt)..highest).filter(|&s| !self.is_sacked(s));
        let first = open.next()?;
        Some((first, self.is_lost(first)))
    }
}

proptest! {
    /// Every function says what the octets say.
    #[test]
    fn the_scoreboard_is_a_map_of_octets(
        flight in 1_u32..200,
        steps in prop::collection::vec((0_u32..220, 0_u32..60, 0_u32..15, 0_u32..220), 1..25),
    ) {
        let (mut board, mut naive) = (Scoreboard::new(64), Naive { una: 0, nxt: flight, sacked: vec![false; 400] });
        let seq = |at: u32| UNA + at;
        for (left, len, acked, rxt) in steps {
            naive.una = (naive.una + acked).min(naive.nxt);
            naive.nxt += acked;
            let (una, nxt) = (naive.una, naive.nxt);
            board.advance(seq(una));
            let right = left + len;
            let mut news = 0;
            board.add(seq(una), seq(nxt), (seq(left), seq(right)), |from, to| news += to.since(from));
            let mut expected = 0;
            if left >= una && right <= nxt && len > 0 {
                for at in left..right {
                    expected += u32::from(!naive.is_sacked(at));
                    naive.sacked[at as usize] = true;
                }
            }
            prop_assert_eq!(news, expected);
            let held = (una..nxt).filter(|&at| naive.is_sacked(at)).count() as u32;
            prop_assert_eq!(board.octets(), held);
            prop_assert_eq!(board.pipe(seq(una), seq(nxt), seq(rxt.min(nxt)), SMSS), naive.pipe(rxt.min(nxt)));
            let next = board.next_seg(seq(una), seq(rxt.min(nxt)), SMSS).map(|next| match next {
                NextSeg::Lost(left, _) => (left.since(UNA), true),
                NextSeg::Perhaps(left, _) => (left.since(UNA), false),
            });
            prop_assert_eq!(next, naive.next_seg(rxt.min(nxt)));
            let last = board.last_gap(seq(una), seq(nxt)).map(|(_, right)| right.since(UNA) - 1);
            prop_assert_eq!(last, (una..nxt).rev().find(|&at| !naive.is_sacked(at)));
            let covered = (left..right).all(|at| at >= una && naive.is_sacked(at)) && len > 0;
            prop_assert_eq!(len > 0 && board.covers(seq(left), seq(right)), covered);
        }
    }
}

/// The number of ranges is bounded; a block that joins two needs no room.
#[test]
fn ranges_are_bounded() {
    let mut board = Scoreboard::new(2);
    for left in [10, 30, 50] {
        board.add(UNA, UNA + 100, (UNA + left, UNA + left + 5), |_, _| {});
    }
    assert_eq!(board.octets(), 10);
    board.add(UNA, UNA + 100, (UNA + 12, UNA + 32), |_, _| {});
    assert_eq!(board.octets(), 25);
    board.clear();
    assert_eq!(board.octets(), 0);
}

/// Blocks that touch are one range: IsLost counts discontiguous ones (RFC6675#4).
#[test]
fn touching_blocks_are_one() {
    let mut board = Scoreboard::new(8);
    for (left, right) in [(20, 23), (17, 20), (14, 17), (23, 26)] {
        board.add(UNA, UNA + 100, (UNA + left, UNA + right), |_, _| {});
        assert_eq!(board.lost_below(SMSS), None);
    }
    assert_eq!(board.octets(), 12);
}
