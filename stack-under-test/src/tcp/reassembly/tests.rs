use proptest::prelude::*;

use super::*;

const WINDOW: u32 = 1000;

/// Near the wrap, so that most tests cross it.
const RCV_NXT: Seq = Seq(u32::MAX - 9);

fn queue() -> Reassembly {
    Reassembly::new(64)
}

impl Reassembly {
    /// Text at an offset from RCV.NXT.
    fn at(&mut self, offset: u32, text: &str) -> usize {
        self.insert(RCV_NXT, RCV_NXT + offset, text.as_bytes(), WINDOW)
    }

    fn taken(&mut self, rcv_nxt: Seq) -> String {
        let mut out = Vec::new();
        let count = self.take_in_order(rcv_nxt, &mut out);
        assert_eq!(count as usize, out.len());
        String::from_utf8(out).expect("the tests queue ASCII")
    }

    /// Offsets from RCV.NXT and lengths.
    fn shape(&self) -> Vec<(u32, u32)> {
        let relative = |(seq, len): (Seq, u32)| (seq.since(RCV_NXT), len);
        self.ranges().map(relative).collect()
    }
}

#[test]
fn waits_for_the_gap() {
    let mut queue = queue();
    assert_eq!(queue.at(3, "def"), 3);
    assert_eq!(queue.taken(RCV_NXT), "");
    assert_eq!(queue.buffered_bytes(), 3);
    assert_eq!(queue.taken(RCV_NXT + 3), "def");
    assert!(queue.is_empty());
}

#[test]
fn appends_to_what_is_already_out() {
    let mut queue = queue();
    queue.at(0, "cd");
    let mut out = b"ab".to_vec();
    assert_eq!(queue.take_in_order(RCV_NXT, &mut out), 2);
    assert_eq!(out, b"abcd");
}

#[test]
fn text_that_came_first_stays() {
    let mut queue = queue();
    queue.at(2, "cd");
    assert_eq!(queue.at(0, "ABCDEF"), 4);
    assert_eq!(queue.taken(RCV_NXT), "ABcdEF");
}

#[test]
fn fills_several_gaps_at_once_across_the_wrap() {
    let mut queue = queue();
    queue.at(12, "mn");
    queue.at(4, "ef");
    queue.at(8, "i");
    assert_eq!(queue.shape(), [(4, 2), (8, 1), (12, 2)]);
    assert_eq!(queue.at(0, "ABCDEFGHIJKLM"), 9);
    assert_eq!(queue.shape(), [(0, 14)]);
    assert_eq!(queue.taken(RCV_NXT), "ABCDefGHiJKLmn");
}

#[test]
fn touching_ranges_become_one() {
    let mut queue = queue();
    queue.at(10, "b");
    queue.at(9, "a");
    queue.at(11, "c");
    assert_eq!(queue.shape(), [(9, 3)]);
}

#[test]
fn text_held_already_adds_nothing() {
    let mut queue = queue();
    queue.at(5, "abcdef");
    assert_eq!(queue.at(5, "ABCDEF"), 0);
    assert_eq!(queue.at(7, "XY"), 0);
    assert_eq!(queue.taken(RCV_NXT + 5), "abcdef");
}

#[test]
fn cuts_to_the_window() {
    let mut queue = queue();
    let all = "x".repeat(2 * WINDOW as usize);
    assert_eq!(queue.insert(RCV_NXT, RCV_NXT - 5, all.as_bytes(), WINDOW), WINDOW as usize);
    assert_eq!(queue.shape(), [(0, WINDOW)]);

    assert_eq!(queue.at(WINDOW, "right of it"), 0);
    assert_eq!(queue.insert(RCV_NXT, RCV_NXT - 5, b"left", WINDOW), 0);
    assert_eq!(queue.insert(RCV_NXT, RCV_NXT, b"shut", 0), 0);
}

#[test]
fn a_window_wider_than_half_the_circle_counts_as_half() {
    let mut queue = queue();
    assert_eq!(queue.insert(RCV_NXT, RCV_NXT + (1 << 31), b"behind", u32::MAX), 0);
    assert_eq!(queue.insert(RCV_NXT, RCV_NXT + (1 << 31) - 2, b"edge", u32::MAX), 1);
}

#[test]
fn what_rcv_nxt_moved_past_is_dropped() {
    let mut queue = queue();
    queue.at(5, "abcdef");
    queue.at(20, "z");
    assert_eq!(queue.taken(RCV_NXT + 8), "def");
    assert_eq!(queue.taken(RCV_NXT + 30), "");
    assert_eq!(queue.buffered_bytes(), 0);
}

#[test]
fn a_full_queue_takes_only_what_touches() {
    let mut queue = Reassembly::new(2);
    queue.at(10, "ab");
    queue.at(20, "cd");
    assert_eq!(queue.at(30, "ef"), 0, "a third range");
    assert_eq!(queue.at(5, "ef"), 0, "also if it is nearer");
    assert_eq!(queue.at(12, "gh"), 2);
    assert_eq!(queue.at(9, "h"), 1);
    assert_eq!(queue.at(13, "ijklmnop"), 6, "joins both");
    assert_eq!(queue.at(30, "ef"), 2, "there is room again");
    assert_eq!(queue.shape(), [(9, 13), (30, 2)]);
}

#[test]
fn the_first_fin_stays() {
    let mut queue = queue();
    assert_eq!(queue.fin_at(), None);
    queue.note_fin(RCV_NXT + 7);
    queue.note_fin(RCV_NXT + 3);
    assert_eq!(queue.fin_at(), Some(RCV_NXT + 7));
    assert!(!queue.is_empty());
    queue.clear();
    assert_eq!(queue.fin_at(), None);
    assert!(queue.is_empty());
}

#[test]
fn nothing_follows_the_fin() {
    let mut queue = queue();
    queue.at(2, "cdXX");
    queue.note_fin(RCV_NXT + 4);
    assert_eq!(queue.at(10, "beyond"), 0);
    assert_eq!(queue.at(0, "ab"), 2);
    assert_eq!(queue.taken(RCV_NXT), "abcd");
}

#[test]
fn a_fin_in_the_past_cuts_nothing() {
    let mut queue = queue();
    queue.note_fin(RCV_NXT - 1);
    assert_eq!(queue.at(0, "ab"), 2);
    assert_eq!(queue.taken(RCV_NXT), "ab");
}

#[test]
fn clear_drops_the_text() {
    let mut queue = queue();
    queue.at(0, "ab");
    queue.clear();
    assert_eq!(queue.taken(RCV_NXT), "");
    assert!(queue.is_empty());
}

/// The worst order for a queue that appends: from the right, octet by octet.
#[test]
fn reverse_order_comes_out_in_order() {
    let count = 1 << 16;
    let mut queue = Reassembly::new(1);
    for offset in (0..count).rev() {
        queue.insert(RCV_NXT, RCV_NXT + offset, &[offset as u8], count);
    }
    let mut out = Vec::new();
    assert_eq!(queue.take_in_order(RCV_NXT, &mut out), count);
    assert!(out.iter().enumerate().all(|(i, &octet)| octet == i as u8));
}

/// What keeps that order from quadratic work: the longer side stays in its allocation, which its
/// capacity tells.
#[test]
fn joining_moves_the_shorter_side() {
    let sided = |len: u8, capacity| {
        let mut side = VecDeque::with_capacity(capacity);
        side.extend(0..len);
        side
    };
    for (front_len, back_len) in [(3, 9), (9, 3)] {
        let longer_is_front = front_len > back_len;
        let (front_capacity, back_capacity) = if longer_is_front { (999, 20) } else { (20, 999) };
        let joined = concatenate(sided(front_len, front_capacity), sided(back_len, back_capacity));
        assert_eq!(joined.capacity(), 999);
        assert!(joined.into_iter().eq((0..front_len).chain(0..back_len)));
    }
}

/// What the queue should hold, one octet at a time, by distance from where RCV.NXT began.
struct Model {
    octets: BTreeMap<i64, u8>,
    rcv_nxt: i64,
    max_ranges: usize,
    fin: Option<i64>,
}

impl Model {
    fn shape(&self) -> Vec<(i64, u32)> {
        let mut shape: Vec<(i64, u32)> = Vec::new();
        for &place in self.octets.keys() {
            match shape.last_mut() {
                Some((start, len)) if *start + i64::from(*len) == place => *len += 1,
                _ => shape.push((place, 1)),
            }
        }
        shape
    }

    fn insert(&mut self, place: i64, data: &[u8], window: i64) -> usize {
        let inside = |p: &i64| {
            let fin_ahead = self.fin.filter(|&fin| fin >= self.rcv_nxt);
            (self.rcv_nxt..self.rcv_nxt + window).contains(p) && fin_ahead.is_none_or(|fin| *p < fin)
        };
        let wanted: Vec<(i64, u8)> = (place..).zip(data.iter().copied()).filter(|(p, _)| inside(p)).collect();
        let touches = |p: i64| (p - 1..=p + 1).any(|near| self.octets.contains_key(&near));
        if !wanted.iter().any(|&(p, _)| touches(p)) && self.shape().len() >= self.max_ranges {
            return 0;
        }
        let before = self.octets.len();
        for (p, octet) in wanted {
            self.octets.entry(p).or_insert(octet);
        }
        self.octets.len() - before
    }

    fn advance(&mut self, to: i64) {
        self.rcv_nxt = to;
        self.octets.retain(|&place, _| place >= to);
    }

    fn take(&mut self) -> Vec<u8> {
        let mut taken = Vec::new();
        while let Some(octet) = self.octets.remove(&(self.rcv_nxt + taken.len() as i64)) {
            taken.push(octet);
        }
        if let Some(fin) = self.fin.filter(|&fin| fin >= self.rcv_nxt) {
            taken.truncate((fin - self.rcv_nxt) as usize);
        }
        taken
    }
}

#[derive(Clone, Debug)]
enum Step {
    Insert {
        offset: i64,
        data: Vec<u8>,
        window: u32,
    },
    Take {
        then_advance: bool,
    },
    /// RCV.NXT moves without the queue's help, as after in-order text.
    Advance(u8),
    Fin {
        offset: i64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (-8i64..60, prop::collection::vec(any::<u8>(), 0..12), prop_oneof![Just(50u32), 0u32..60])
            .prop_map(|(offset, data, window)| Step::Insert { offset, data, window }),
        2 => any::<bool>().prop_map(|then_advance| Step::Take { then_advance }),
        1 => (0u8..8).prop_map(Step::Advance),
        1 => (-2i64..80).prop_map(|offset| Step::Fin { offset }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn holds_what_a_map_of_octets_holds(
        start in prop_oneof![any::<u32>(), Just(u32::MAX - 20)],
        max_ranges in 0usize..6,
        steps in prop::collection::vec(step(), 0..60),
    ) {
        let seq = |place: i64| Seq(start.wrapping_add(place as u32));
        let mut queue = Reassembly::new(max_ranges);
        let mut model = Model { octets: BTreeMap::new(), rcv_nxt: 0, max_ranges, fin: None };
        for step in steps {
            let rcv_nxt = model.rcv_nxt;
            match step {
                Step::Insert { offset, data, window } => {
                    let place = rcv_nxt + offset;
                    let added = queue.insert(seq(rcv_nxt), seq(place), &data, window);
                    prop_assert_eq!(added, model.insert(place, &data, window.into()));
                }
                Step::Take { then_advance } => {
                    let mut out = Vec::new();
                    let count = queue.take_in_order(seq(rcv_nxt), &mut out);
                    prop_assert_eq!(count as usize, out.len());
                    prop_assert_eq!(&out, &model.take());
                    if then_advance {
                        model.advance(rcv_nxt + i64::from(count));
                    }
                }
                Step::Advance(count) => {
                    model.advance(rcv_nxt + i64::from(count));
                    let nothing = queue.insert(seq(model.rcv_nxt), seq(model.rcv_nxt), &[], 50);
                    prop_assert_eq!(nothing, 0);
                }
                Step::Fin { offset } => {
                    queue.note_fin(seq(rcv_nxt + offset));
                    model.fin.get_or_insert(rcv_nxt + offset);
                }
            }
            let expected: Vec<_> = model.shape().into_iter().map(|(p, len)| (seq(p), len)).collect();
            // The queue learns of an advance with the next call.
            if queue.rcv_nxt == seq(model.rcv_nxt) {
                prop_assert_eq!(queue.ranges().collect::<Vec<_>>(), expected);
                prop_assert_eq!(queue.buffered_bytes(), model.octets.len());
            }
        }
    }

    #[test]
    fn no_numbers_panic(
        calls in prop::collection::vec((any::<u32>(), any::<u32>(), 0usize..2000, any::<u32>()), 0..40),
    ) {
        let mut queue = Reassembly::new(3);
        for (rcv_nxt, seq, len, window) in calls {
            let added = queue.insert(Seq(rcv_nxt), Seq(seq), &vec![1; len], window);
            prop_assert!(added <= len);
            prop_assert!(queue.ranges().count() <= 3);
            if seq % 8 == 0 {
                queue.note_fin(Seq(seq));
            }
            if seq % 4 == 0 {
                queue.take_in_order(Seq(rcv_nxt), &mut Vec::new());
            }
        }
    }
}
