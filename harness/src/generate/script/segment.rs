//! A record as the segment the peer sends.

use super::{
    Field, Kind, Record, icmp, place,
    place::Known,
    scope::Scope,
    tables::{
        ADDRESS, FLAGS, IP_LENGTH, IP_OPTIONS, MSS, RAW_OPTIONS, RAW_SEGMENT, SHIFT, TEXT, TIMESTAMP, URGENT,
        UrgentPointer, WINDOW,
    },
};
use crate::case::{
    flags::Flags,
    format::{AddressName, Bytes, Checksum, Data, Inject, Options},
    position::{Position, Symbol},
};

/// [`Field::Mode`]: from here on the control bits are [`Field::What`] as it is.
pub(in crate::generate) const FLAGS_AS_THEY_ARE: u8 = 0xa0;
/// From here on the lower four bits are the reserved ones as well.
pub(in crate::generate) const FLAGS_RESERVED_TOO: u8 = 0xf0;
/// [`Field::Text`]: there is some.
pub(in crate::generate) const HAS_TEXT: u8 = 0x80;
/// [`Field::Text`]: other bytes than those that belong at this number.
const OTHER_TEXT: u8 = 0x40;
/// More other text than this makes no difference.
const MOST_OTHER_TEXT: usize = 64;

/// [`Field::Option`]: below this, none but those that were negotiated.
pub(in crate::generate) const FIRST_OPTION: u8 = 0xc0;
/// From here on a row of [`RAW_OPTIONS`].
pub(in crate::generate) const FIRST_RAW_OPTION: u8 = 0xe0;

/// Options by what they are for: a row of [`OPTION`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::generate) enum OptionKind {
    /// A row of [`MSS`].
    Mss,
    /// A row of [`SHIFT`].
    Shift,
    /// SACK-permitted.
    SackOk,
    /// SACK blocks around SND.UNA.
    Sack,
    /// Timestamps, a row of [`TIMESTAMP`] past the last.
    Timestamps,
    /// As on a usual SYN: MSS, SACK-permitted, timestamps, window scale.
    All,
}

/// Four bits of the options field.
pub(in crate::generate) const OPTION: [OptionKind; 8] = [
    OptionKind::Mss,
    OptionKind::Shift,
    OptionKind::SackOk,
    OptionKind::Sack,
    OptionKind::Timestamps,
    OptionKind::All,
    OptionKind::Sack,
    OptionKind::Timestamps,
];

/// [`Field::Wrong`]: below this, nothing.
pub(in crate::generate) const FIRST_WRONG: u8 = 0xd0;

/// What is wrong or unusual: a row of [`WRONG`], by [`Field::WrongValue`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::generate) enum Wrong {
    Checksum,
    DataOffset,
    From,
    To,
    IpLength,
    IpVersion,
    IpHeaderLength,
    IpProtocol,
    IpChecksum,
    Ttl,
    Tos,
    DontFragmentOff,
    IpOptions,
    Fragment,
    RawSegment,
    Pieces,
}

/// Four bits of the field.
pub(in crate::generate) const WRONG: [Wrong; 16] = [
    Wrong::Checksum,
    Wrong::DataOffset,
    Wrong::From,
    Wrong::To,
    Wrong::IpLength,
    Wrong::IpVersion,
    Wrong::IpHeaderLength,
    Wrong::IpProtocol,
    Wrong::IpChecksum,
    Wrong::Ttl,
    Wrong::Tos,
    Wrong::DontFragmentOff,
    Wrong::IpOptions,
    Wrong::Fragment,
    Wrong::RawSegment,
    Wrong::Pieces,
];

/// The row of a table that a byte stands for.
pub(super) fn row<T: Copy, const N: usize>(table: &[T; N], byte: u8) -> T {
    table[usize::from(byte) % N]
}

/// The control bits.
pub(in crate::generate) fn flags(record: &Record) -> Flags {
    let (what, mode) = (record.get(Field::What), record.get(Field::Mode));
    if mode < FLAGS_AS_THEY_ARE {
        row(&FLAGS, what)
    } else {
        let reserved = if mode >= FLAGS_RESERVED_TOO { mode & 15 } else { 0 };
        Flags(u16::from(what) | u16::from(reserved) << 8)
    }
}

/// How long the text is, in bytes.
pub(in crate::generate) fn text_len(record: &Record) -> u16 {
    let text = record.get(Field::Text);
    if text & HAS_TEXT == 0 { 0 } else { row(&TEXT, text) }
}

/// The segment; `timestamp` is what the peer's clock shows if both sides speak of it.
pub(super) fn inject(record: &Record, known: &Known, scope: &Scope, timestamp: Option<u32>) -> Inject {
    let len = text_len(record);
    let (odd_seq, odd_ack) = match record.kind() {
        Kind::OddSeq => (true, false),
        Kind::OddAck => (false, true),
        Kind::OddBoth => (true, true),
        Kind::Proper | Kind::Call | Kind::Handshake | Kind::Wait | Kind::Icmp => (false, false),
    };
    let window = record.get(Field::Window);
    let mut inject = Inject {
        flags: flags(record),
        seq: if odd_seq { place::seq(record, known, u32::from(len)) } else { None },
        ack: if odd_ack { place::ack(record) } else { None },
        win: row(&WINDOW, window),
        urg: match row(&URGENT, window >> 4) {
            UrgentPointer::Usual => None,
            UrgentPointer::Value(value) => Some(value),
            UrgentPointer::FromEnd(by) => Some(len.wrapping_add_signed(i16::from(by))),
        },
        data: data(record, len),
        ..Inject::default()
    };
    if scope.options {
        options(&mut inject.options, record, timestamp);
    }
    if record.get(Field::Wrong) >= FIRST_WRONG {
        spoil(&mut inject, record, scope);
    }
    inject
}

fn data(record: &Record, len: u16) -> Option<Data> {
    if len == 0 {
        None
    } else if record.get(Field::Text) & OTHER_TEXT != 0 && record.get(Field::Mode) & 4 != 0 {
        Some(Data::Hex(Bytes(vec![0xff; usize::from(len).min(MOST_OTHER_TEXT)])))
    } else {
        Some(Data::Pattern(u32::from(len)))
    }
}

fn options(options: &mut Options, record: &Record, timestamp: Option<u32>) {
    options.ts = timestamp.map(|value| (value, Position::number(0)));
    let (option, value) = (record.get(Field::Option), record.get(Field::OptionValue));
    if option < FIRST_OPTION {
        return;
    }
    if option >= FIRST_RAW_OPTION {
        options.ts = None;
        options.raw = Some(Bytes(row(&RAW_OPTIONS, option).to_vec()));
        return;
    }
    match row(&OPTION, option) {
        OptionKind::Mss => options.mss = Some(row(&MSS, value)),
        OptionKind::Shift => options.wscale = Some(row(&SHIFT, value)),
        OptionKind::SackOk => options.sack_ok = true,
        OptionKind::Sack => sack(options, value),
        OptionKind::Timestamps => {
            let last = i64::from(timestamp.unwrap_or(1));
            // Modulo 2^32, like the clock itself.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let stamp = (last + row(&TIMESTAMP, value)) as u32;
            options.ts = Some((stamp, Position::number(i64::from(value >> 3))));
        }
        OptionKind::All => {
            *options = Options {
                mss: Some(row(&MSS, value)),
                wscale: Some(row(&SHIFT, value >> 3)),
                sack_ok: true,
                sack: Vec::new(),
                ts: Some((timestamp.unwrap_or(1), Position::number(0))),
                raw: None,
            };
        }
    }
}

/// One to four blocks: inside what is outstanding, beyond it, upside down, empty.
fn sack(options: &mut Options, value: u8) {
    const BLOCKS: [(i64, i64); 4] = [(1, 2), (100, 200), (2, 1), (0, 0)];
    // Timestamps and four blocks do not fit into one header.
    options.ts = None;
    let from = |offset| Position::symbol(if value & 0x10 == 0 { Symbol::SndUna } else { Symbol::SndNxt }, offset);
    let count = usize::from(value & 3) + 1;
    let blocks = BLOCKS.iter().cycle().skip(usize::from(value >> 2 & 3)).take(count);
    options.sack = blocks.map(|(left, right)| (from(*left), from(*right))).collect();
}

fn spoil(inject: &mut Inject, record: &Record, scope: &Scope) {
    let value = record.get(Field::WrongValue);
    let checksum = |value: u8| match value & 3 {
        0 | 3 => Checksum::Bad,
        1 => Checksum::Value(0),
        _ => Checksum::Value(0xffff),
    };
    let ip = &mut inject.ip;
    match row(&WRONG, record.get(Field::Wrong)) {
        Wrong::Checksum => inject.checksum = Some(checksum(value)),
        Wrong::DataOffset => inject.data_offset = Some(value & 15),
        Wrong::From => inject.from = Some(row(&ADDRESS, value)),
        Wrong::To => inject.to = Some(to_address(value)),
        Wrong::IpLength => ip.length = Some(row(&IP_LENGTH, value)),
        Wrong::IpVersion => ip.version = Some(value & 15),
        Wrong::IpHeaderLength => ip.header_length = Some(value & 15),
        Wrong::IpProtocol => ip.protocol = Some(value),
        Wrong::IpChecksum => ip.checksum = Some(checksum(value)),
        Wrong::Ttl => ip.ttl = Some(value),
        Wrong::Tos => ip.tos = Some(value),
        Wrong::DontFragmentOff => ip.df = Some(false),
        Wrong::IpOptions => ip.options = Some(Bytes(row(&IP_OPTIONS, value).to_vec())),
        Wrong::Fragment => {
            if scope.fragments {
                (ip.df, ip.mf) = (Some(false), Some(value & 1 != 0));
                ip.fragment_offset = Some(row(&[0, 1, 2, 3, 5, 100, 8189, 8191], value >> 1));
            }
        }
        Wrong::RawSegment => inject.raw = Some(Bytes(row(&RAW_SEGMENT, value).to_vec())),
        Wrong::Pieces => {
            if scope.fragments {
                inject.fragments = Some(icmp::pieces(inject, value));
            }
        }
    }
}

/// Where to; a packet to oneself never leaves the wire's other end, so the first place is the target's.
fn to_address(value: u8) -> AddressName {
    row(&ADDRESS, value)
}
