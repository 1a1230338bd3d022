//! The fields of a record that say what a step of a case says, or the nearest to it.

use super::super::script::{
    ACK_FROM, ADDRESS, AckFrom, CALL, CallKind, EXACT_LENGTH, EXACT_SPAN, FIRST_OPTION, FIRST_RAW_OPTION, FIRST_WRONG,
    FLAGS, FLAGS_AS_THEY_ARE, FLAGS_RESERVED_TOO, FROM_ROUTER, Field, GIVEN, HAS_TEXT, Header, HeaderField, IP_LENGTH,
    IP_OPTIONS, ISN, Kind, MASK, MESSAGE, MSS, MTU, NEAR, NEAR_BY, OPTION, OptionKind, PEER_MSS, PEER_WIN, PIECE,
    QUOTE, RAW_OPTIONS, RAW_SEGMENT, Record, SEQ_FROM, SHIFT, SPAN, SeqFrom, Switches, TEXT, TYPE_AND_CODE, URGENT,
    UrgentPointer, WIDE, WINDOW, WRONG, Wrong,
};
use crate::case::{
    flags::Flags,
    format::{
        Action, AddressName, At, Call, CallStep, Case, Checksum, Config, Data, Fragments, Icmp, Inject, Message,
        MssChoice, Options, Order, SocketSwitch, Step, Via,
    },
    position::{Position, Symbol},
    state::State,
    time::Span,
};

const LISTENER: &str = "listener";
const MS: i64 = 1_000_000;
const HALF: i64 = 1 << 31;

/// The connections of a case by their number in scripts.
pub(super) struct Names<'c> {
    known: Vec<Option<&'c str>>,
}

impl<'c> Names<'c> {
    /// The first connection has no name, unless no step speaks of it.
    pub(super) fn of(case: &Case, steps: &'c [At<Step>]) -> Self {
        let of_step = |step: &'c At<Step>| match &step.value.action {
            Action::Inject(inject) => Some(inject.on.as_deref()),
            Action::Call(CallStep { call: Call::Listen { .. }, .. }) => None,
            Action::Call(call) => Some(call.on.as_deref()).filter(|on| *on != Some(LISTENER)),
            Action::Wait(_) | Action::Expect(_) | Action::State(_) | Action::Save(_) | Action::Check(_) => None,
        };
        let unnamed = case.given.is_some_and(|state| !matches!(state, State::Closed | State::Listen))
            || steps.iter().filter_map(of_step).any(|on| on.is_none());
        Self { known: if unnamed { vec![None] } else { Vec::new() } }
    }

    /// `None`: more connections than a script can name.
    pub(super) fn number(&mut self, name: Option<&'c str>) -> Option<u8> {
        let at = self.known.iter().position(|known| *known == name).unwrap_or_else(|| {
            self.known.push(name);
            self.known.len() - 1
        });
        u8::try_from(at).ok().filter(|at| *at < 3)
    }
}

/// The first row that fits best, as a byte.
fn row<T>(table: &[T], distance: impl Fn(&T) -> u64) -> u8 {
    let best = table.iter().enumerate().min_by_key(|(_, value)| distance(value));
    best.and_then(|(at, _)| u8::try_from(at).ok()).unwrap_or(0)
}

/// The row with this value, else the first.
fn equal<T: PartialEq>(table: &[T], wanted: &T) -> u8 {
    row(table, |value| u64::from(value != wanted))
}

fn apart(a: impl Into<u64>, b: impl Into<u64>) -> u64 {
    a.into().abs_diff(b.into())
}

/// A given value is nearer to any given one than to none.
fn apart_if_given<T: Into<u64>>(value: Option<T>, wanted: Option<T>) -> u64 {
    match (value, wanted) {
        (None, None) => 0,
        (Some(value), Some(wanted)) => apart(value, wanted),
        (None, Some(_)) | (Some(_), None) => u64::MAX,
    }
}

/// What stands above the steps.
pub(super) fn header(case: &Case, mut header: Header) -> Header {
    let peer = &case.peer;
    header.set(HeaderField::Given, equal(&GIVEN, &case.given.unwrap_or(State::Closed)));
    header.set(HeaderField::Via, u8::from(case.via == Some(Via::Active)));
    header.set(HeaderField::Isn, row(&ISN, |isn| apart_if_given(*isn, peer.isn)));
    header.set(HeaderField::Win, row(&PEER_WIN, |win| apart_if_given(*win, peer.win)));
    header.set(HeaderField::Mss, row(&PEER_MSS, |mss| mss_apart(*mss, peer.mss)));
    let options = u8::from(peer.wscale.is_some()) | u8::from(peer.sack_ok) << 1 | u8::from(peer.ts) << 2;
    if options != 0 {
        header.set(HeaderField::Options, 0x80 | options);
        header.set(HeaderField::Shift, row(&SHIFT, |shift| apart(*shift, peer.wscale.unwrap_or(0))));
    }
    let switches = switches(&case.config).0;
    if switches != 0 {
        let [first, second, third, _] = switches.to_le_bytes();
        header.set(HeaderField::SwitchMode, MASK);
        header.0[HeaderField::Switches as usize..][..3].copy_from_slice(&[first, second, third]);
    }
    header
}

fn mss_apart(mss: Option<MssChoice>, wanted: Option<MssChoice>) -> u64 {
    match (mss, wanted) {
        (Some(MssChoice::Value(mss)), Some(MssChoice::Value(wanted))) => apart(mss, wanted),
        (mss, wanted) => {
            if mss == wanted {
                0
            } else {
                u64::MAX
            }
        }
    }
}

/// The switches a case turns away from what they are without it.
fn switches(config: &Config) -> Switches {
    let turned = [
        (config.nagle == Some(false), Switches::NAGLE_OFF),
        (config.delayed_ack == Some(false), Switches::DELAYED_ACK_OFF),
        (config.urgent_inline == Some(true), Switches::URGENT_INLINE),
        (config.recv_buffer.is_some(), Switches::RECV_BUFFER),
        (config.send_buffer.is_some(), Switches::SEND_BUFFER),
        (config.mss.is_some(), Switches::MSS),
        (config.keepalive_idle.is_some(), Switches::KEEPALIVE),
        (config.msl.is_some(), Switches::MSL),
        (config.data_retries.is_some(), Switches::DATA_RETRIES),
        (config.syn_retries.is_some(), Switches::SYN_RETRIES),
        (config.user_timeout.is_some(), Switches::USER_TIMEOUT),
        (config.backlog.is_some(), Switches::BACKLOG),
        (config.abort_on_overflow.is_some(), Switches::ABORT_ON_OVERFLOW),
        (config.timestamps == Some(true), Switches::TIMESTAMPS),
        (config.sack == Some(true), Switches::SACK),
        (config.wscale == Some(true), Switches::WSCALE),
        (config.ecn == Some(true), Switches::ECN),
    ];
    Switches(turned.iter().filter(|(on, _)| *on).fold(0, |all, (_, switch)| all | switch.0))
}

/// A segment or message on the connection of that number.
pub(super) fn segment(inject: &Inject, connection: u8) -> Record {
    if let Some(message) = &inject.icmp {
        return icmp(message, inject, connection);
    }
    let kind = match (&inject.seq, &inject.ack) {
        (None, None) => Kind::Proper,
        (Some(_), None) => Kind::OddSeq,
        (None, Some(_)) => Kind::OddAck,
        (Some(_), Some(_)) => Kind::OddBoth,
    };
    let mut record = Record::new(kind).with(Field::Connection, connection);
    flags(&mut record, inject.flags);
    let len = text(&mut record, inject.data.as_ref());
    if let Some(seq) = &inject.seq {
        place(&mut record, [Field::Seq, Field::SeqNear, Field::SeqFar], seq_from(seq));
    }
    if let Some(ack) = &inject.ack {
        place(&mut record, [Field::Ack, Field::AckNear, Field::AckFar], ack_from(ack));
    }
    let win = row(&WINDOW, |win| apart_if_given(*win, inject.win));
    let urg = row(&URGENT, |urgent| urgent_apart(*urgent, inject.urg, len));
    record.set(Field::Window, win | urg << 4);
    options(&mut record, &inject.options);
    wrong(&mut record, inject);
    record
}

fn flags(record: &mut Record, flags: Flags) {
    if FLAGS.contains(&flags) {
        record.set(Field::What, equal(&FLAGS, &flags));
        return;
    }
    let [low, high] = flags.0.to_le_bytes();
    record.set(Field::What, low);
    record.set(Field::Mode, if high == 0 { FLAGS_AS_THEY_ARE } else { FLAGS_RESERVED_TOO | high & 15 });
}

fn len_of(data: &Data) -> u32 {
    match data {
        Data::Text(text) => u32::try_from(text.len()).unwrap_or(u32::MAX),
        Data::Hex(bytes) => u32::try_from(bytes.0.len()).unwrap_or(u32::MAX),
        Data::Pattern(len) => *len,
    }
}

/// Returns the length it became.
fn text(record: &mut Record, data: Option<&Data>) -> u16 {
    let len = data.map_or(0, len_of);
    if len == 0 {
        return 0;
    }
    let at = row(&TEXT, |length| apart(u32::from(*length), len));
    record.set(Field::Text, HAS_TEXT | at);
    TEXT[usize::from(at)]
}

/// An anchor's row and how far from it.
fn place(record: &mut Record, [how, near, far]: [Field; 3], (from, offset): (u8, i64)) {
    if offset == 0 {
        record.set(how, from);
    } else if let Some(at) = NEAR.iter().position(|step| i64::from(*step) == offset) {
        record.set(how, from | NEAR_BY);
        record.set(near, u8::try_from(at).unwrap_or(0));
    } else {
        let clamped = i16::try_from(offset).unwrap_or(if offset < 0 { i16::MIN } else { i16::MAX });
        let [low, high] = clamped.to_le_bytes();
        record.set(how, from | WIDE);
        record.set(near, low);
        record.set(far, high);
    }
}

fn seq_from(seq: &Position) -> (u8, i64) {
    let is_far = seq.offset.abs() > HALF / 2;
    let plain = seq.symbols.iter().all(|(_, symbol)| matches!(symbol, Symbol::Iss | Symbol::Irs));
    let from = match (plain, is_far, seq.symbols.contains(&(false, Symbol::RcvWnd))) {
        (true, ..) => SeqFrom::Number,
        (false, false, false) => SeqFrom::Next,
        (false, false, true) => SeqFrom::End,
        (false, true, false) => SeqFrom::FarNext,
        (false, true, true) => SeqFrom::FarEnd,
    };
    let half = if plain || !is_far { 0 } else { HALF * seq.offset.signum() };
    (equal(&SEQ_FROM, &from), seq.offset - half)
}

fn ack_from(ack: &Position) -> (u8, i64) {
    let plain = ack.symbols.iter().all(|(_, symbol)| matches!(symbol, Symbol::Iss | Symbol::Irs));
    if plain {
        return (equal(&ACK_FROM, &AckFrom::Number), ack.offset);
    }
    if ack.symbols.contains(&(true, Symbol::SndWnd)) {
        return (equal(&ACK_FROM, &AckFrom::OldestAllowed), ack.offset);
    }
    let una = ack.symbols.contains(&(false, Symbol::SndUna));
    let symbol = if una { Symbol::SndUna } else { Symbol::SndNxt };
    let distance = |from: &AckFrom| match from {
        AckFrom::Symbol(of, base) if *of == symbol => ack.offset.abs_diff(*base),
        AckFrom::Symbol(..) | AckFrom::OldestAllowed | AckFrom::Number | AckFrom::Usual => u64::MAX,
    };
    let at = row(&ACK_FROM, distance);
    let base = match ACK_FROM[usize::from(at)] {
        AckFrom::Symbol(_, base) => base,
        AckFrom::OldestAllowed | AckFrom::Number | AckFrom::Usual => 0,
    };
    (at, ack.offset - base)
}

fn urgent_apart(urgent: UrgentPointer, wanted: Option<u16>, len: u16) -> u64 {
    let value = match urgent {
        UrgentPointer::Usual => None,
        UrgentPointer::Value(value) => Some(value),
        UrgentPointer::FromEnd(by) => Some(len.wrapping_add_signed(i16::from(by))),
    };
    apart_if_given(value, wanted)
}

fn options(record: &mut Record, options: &Options) {
    let Options { mss, wscale, sack_ok, sack, ts, raw } = options;
    if let Some(raw) = raw {
        let alike = |row: &&[u8]| row.iter().zip(&raw.0).take_while(|(a, b)| a == b).count() as u64;
        let longest = raw.0.len() as u64;
        let distance = |row: &&[u8]| (longest - alike(row)) * 64 + apart(row.len() as u64, longest);
        record.set(Field::Option, FIRST_RAW_OPTION + row(&RAW_OPTIONS, distance));
        return;
    }
    let count = usize::from(mss.is_some()) + usize::from(wscale.is_some()) + usize::from(*sack_ok);
    let kind = match (count, mss.is_some(), sack_ok, ts.is_some()) {
        _ if !sack.is_empty() => OptionKind::Sack,
        (2.., ..) => OptionKind::All,
        (1, true, ..) => OptionKind::Mss,
        (1, false, true, _) => OptionKind::SackOk,
        (1, false, false, _) => OptionKind::Shift,
        (_, _, _, true) => OptionKind::Timestamps,
        (_, _, _, false) => return,
    };
    record.set(Field::Option, FIRST_OPTION + equal(&OPTION, &kind));
    let value = row(&MSS, |value| apart(*value, mss.unwrap_or(1460)));
    let shift = row(&SHIFT, |value| apart(*value, wscale.unwrap_or(0)));
    record.set(
        Field::OptionValue,
        match kind {
            OptionKind::Mss => value,
            OptionKind::Shift => shift,
            OptionKind::All => value | shift << 3,
            OptionKind::Sack => u8::try_from(sack.len().min(4) - 1).unwrap_or(0),
            OptionKind::SackOk | OptionKind::Timestamps => 0,
        },
    );
}

/// The first thing that is wrong; there is room for one.
fn wrong(record: &mut Record, inject: &Inject) {
    let checksum = |checksum: Checksum| match checksum {
        Checksum::Bad => 0,
        Checksum::Value(0) => 1,
        Checksum::Value(_) => 2,
    };
    let address = |name: AddressName| equal(&ADDRESS, &name);
    let bytes = |table: &[&[u8]], wanted: &[u8]| {
        row(table, |row| apart(row.len() as u64, wanted.len() as u64) * 2 + u64::from(*row != wanted))
    };
    let ip = &inject.ip;
    let is_fragment = ip.mf.is_some() || ip.fragment_offset.is_some();
    let found = [
        (Wrong::RawSegment, inject.raw.as_ref().map(|raw| bytes(&RAW_SEGMENT, &raw.0))),
        (Wrong::From, inject.from.map(address)),
        (Wrong::To, inject.to.map(address)),
        (Wrong::Checksum, inject.checksum.map(checksum)),
        (Wrong::DataOffset, inject.data_offset),
        (Wrong::Fragment, is_fragment.then_some(u8::from(ip.mf == Some(true)))),
        (Wrong::IpLength, ip.length.map(|length| row(&IP_LENGTH, |value| apart(*value, length)))),
        (Wrong::IpVersion, ip.version),
        (Wrong::IpHeaderLength, ip.header_length),
        (Wrong::IpProtocol, ip.protocol),
        (Wrong::IpChecksum, ip.checksum.map(checksum)),
        (Wrong::IpOptions, ip.options.as_ref().map(|options| bytes(&IP_OPTIONS, &options.0))),
        (Wrong::Tos, ip.tos),
        (Wrong::Ttl, ip.ttl),
        (Wrong::DontFragmentOff, ip.df.filter(|df| !df).map(|_| 0)),
        (Wrong::Pieces, inject.fragments.as_ref().map(pieces)),
    ];
    if let Some((wrong, value)) = found.into_iter().find_map(|(wrong, value)| Some((wrong, value?))) {
        record.set(Field::Wrong, FIRST_WRONG + equal(&WRONG, &wrong));
        record.set(Field::WrongValue, value);
    }
}

fn pieces(fragments: &Fragments) -> u8 {
    let size = row(&PIECE, |size| apart(*size, fragments.size));
    let order = match &fragments.order {
        Order::InOrder => 0,
        Order::Reversed => 1,
        Order::Listed(numbers) if numbers.windows(2).any(|pair| pair[0] == pair[1]) => 2,
        Order::Listed(_) => 3,
    };
    let overlap = match fragments.overlap {
        0 => 0,
        1..=8 => 2,
        9.. => 3,
    };
    size | order << 3 | overlap << 5 | u8::from(fragments.conflict) << 7
}

fn icmp(icmp: &Icmp, inject: &Inject, connection: u8) -> Record {
    let mut record = Record::new(Kind::Icmp).with(Field::Connection, connection);
    let Message { kind, code } = icmp.message;
    if MESSAGE.contains(&icmp.message) {
        record.set(Field::What, equal(&MESSAGE, &icmp.message));
    } else {
        record = record.with(Field::What, kind).with(Field::Mode, TYPE_AND_CODE | code & 15);
    }
    if inject.from.is_some() {
        record.set(Field::Window, FROM_ROUTER);
    }
    if let Some(mtu) = icmp.mtu {
        record = record.with(Field::Option, u8::MAX).with(Field::OptionValue, row(&MTU, |value| apart(*value, mtu)));
    }
    if let Some(quote) = &icmp.quote {
        record.set(Field::Text, row(&QUOTE, |length| apart_if_given(*length, quote.length)));
        if let Some(seq) = &quote.seq {
            place(&mut record, [Field::Ack, Field::AckNear, Field::AckFar], ack_from(seq));
        }
        if quote.ip.protocol.is_some() {
            record = record.with(Field::Wrong, FIRST_WRONG).with(Field::WrongValue, 1);
        }
    }
    if icmp.checksum.is_some() {
        record = record.with(Field::Wrong, FIRST_WRONG).with(Field::WrongValue, 0);
    }
    record
}

/// A call; the inner `None`: one that scripts leave out, the outer: too many connections.
pub(super) fn call<'c>(step: &'c CallStep, names: &mut Names<'c>) -> Option<Option<Record>> {
    let on_listener = step.on.as_deref() == Some(LISTENER);
    let (kind, value, length) = match &step.call {
        Call::Close | Call::Abort if on_listener => (CallKind::CloseListener, 0, None),
        _ if on_listener => return Some(None),
        Call::Udp(_) => return Some(None),
        Call::Listen { backlog } => {
            (CallKind::Listen, backlog.map_or(0, |backlog| 0x80 | u8::try_from(backlog.min(7)).unwrap_or(7)), None)
        }
        Call::Connect { to: None | Some(AddressName::Peer) } => (CallKind::Connect, 0, None),
        Call::Connect { to: Some(to) } => (CallKind::ConnectElsewhere, u8::from(*to == AddressName::Target), None),
        Call::Accept => (CallKind::Accept, 0, None),
        Call::Send { data, urgent } => {
            (if *urgent { CallKind::SendUrgent } else { CallKind::Send }, 0, Some(len_of(data)))
        }
        Call::Recv { max: None } => (CallKind::Recv, 0, None),
        Call::Recv { max: Some(max) } => (CallKind::RecvSome, 0, Some(*max)),
        Call::Shutdown => (CallKind::Shutdown, 0, None),
        Call::Close => (CallKind::Close, 0, None),
        Call::Abort => (CallKind::Abort, 0, None),
        Call::Poll => (CallKind::Poll, 0, None),
        Call::Set(SocketSwitch::Nagle(on)) => (CallKind::Nagle, u8::from(*on), None),
        Call::Set(SocketSwitch::Keepalive(on)) => (CallKind::Keepalive, u8::from(*on), None),
        Call::Set(SocketSwitch::Tos(tos)) => (CallKind::Tos, *tos, None),
        Call::Set(SocketSwitch::UserTimeout(_)) => (CallKind::UserTimeout, 0, None),
    };
    // The listening socket belongs to no connection.
    let no_connection = matches!(kind, CallKind::CloseListener | CallKind::Listen);
    let connection = if no_connection { 0 } else { names.number(step.on.as_deref())? };
    let mut record = Record::new(Kind::Call)
        .with(Field::Connection, connection)
        .with(Field::What, equal(&CALL, &kind))
        .with(Field::OptionValue, value);
    if let Some(length) = length {
        let [low, high] = u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes();
        record = record.with(Field::Mode, EXACT_LENGTH).with(Field::SeqNear, low).with(Field::SeqFar, high);
    }
    Some(Some(record))
}

/// A time to pass.
pub(super) fn wait(span: Span) -> Record {
    let record = Record::new(Kind::Wait);
    let millis = u16::try_from(span.nanos / MS).ok().filter(|_| span.two_msl == 0 && span.rto == 0);
    if let Some(millis) = millis {
        let [low, high] = millis.to_le_bytes();
        return record.with(Field::Mode, EXACT_SPAN).with(Field::SeqNear, low).with(Field::SeqFar, high);
    }
    let distance = |row: &Span| {
        let counts = u64::from(row.two_msl.abs_diff(span.two_msl)) + u64::from(row.rto.abs_diff(span.rto));
        counts.saturating_mul(1 << 50).saturating_add(row.nanos.abs_diff(span.nanos))
    };
    record.with(Field::What, row(&SPAN, distance))
}
