//! A record as an ICMP message about the connection, or as the pieces a segment leaves in.

use super::{
    Field, Record, place,
    segment::row,
    tables::{MESSAGE, MTU, PIECE, QUOTE},
};
use crate::case::format::{AddressName, Checksum, Data, Fragments, Icmp, Inject, Ip, Message, Order, Quote};

/// [`Field::Mode`]: from here on the message's type is [`Field::What`] and its code the lower four bits.
pub(in crate::generate) const TYPE_AND_CODE: u8 = 0xe0;
/// [`Field::Window`]: a router sends it, not the peer.
pub(in crate::generate) const FROM_ROUTER: u8 = 1;
/// [`Field::Option`]: from here on the message says [`Field::OptionValue`] where the usual ones are silent.
const TELLS: u8 = 0x60;
/// [`Field::Wrong`]: from here on something in it is wrong.
const FIRST_WRONG: u8 = 0xd0;
/// No packet is cut into more pieces.
const MOST_PIECES: usize = 16;

/// The message. What it quotes is placed like an acknowledgement: around what the target has sent.
pub(super) fn inject(record: &Record) -> Inject {
    let router = record.get(Field::Window) & FROM_ROUTER != 0;
    Inject {
        from: router.then_some(AddressName::OtherPeer),
        icmp: Some(Box::new(message(record))),
        ..Inject::default()
    }
}

fn message(record: &Record) -> Icmp {
    let (what, mode) = (record.get(Field::What), record.get(Field::Mode));
    let message = if mode < TYPE_AND_CODE { row(&MESSAGE, what) } else { Message { kind: what, code: mode & 15 } };
    let tells = record.get(Field::Option) >= TELLS;
    let value = record.get(Field::OptionValue);
    let mut icmp = Icmp {
        message,
        mtu: tells.then(|| row(&MTU, value)),
        pointer: (tells && value & 0x10 != 0).then_some(value & 31),
        ..Icmp::default()
    };
    if message.is_error() {
        icmp.quote = quote(record);
    } else {
        icmp.data = Some(Data::Pattern(u32::from(value & 63)));
    }
    if record.get(Field::Wrong) >= FIRST_WRONG && record.get(Field::WrongValue) & 1 == 0 {
        icmp.checksum = Some(Checksum::Bad);
    }
    icmp
}

fn quote(record: &Record) -> Option<Quote> {
    let wrong = record.get(Field::Wrong) >= FIRST_WRONG && record.get(Field::WrongValue) & 1 != 0;
    let value = record.get(Field::WrongValue) >> 1;
    let ip = match value & 3 {
        _ if !wrong => Ip::default(),
        0 => Ip { protocol: Some(17), ..Ip::default() },
        1 => Ip { version: Some(6), ..Ip::default() },
        2 => Ip { header_length: Some(15), ..Ip::default() },
        _ => Ip { fragment_offset: Some(1), ..Ip::default() },
    };
    let quote = Quote { seq: place::ack(record), length: row(&QUOTE, record.get(Field::Text)), ip };
    (quote != Quote::default()).then_some(quote)
}

/// How the packet with this segment is cut: three bits for the size, two each for order and overlap, one for conflict.
pub(super) fn pieces(inject: &Inject, value: u8) -> Fragments {
    let payload = payload(inject);
    let least = (payload / MOST_PIECES).next_multiple_of(usize::from(Fragments::UNIT));
    let size = row(&PIECE, value).max(u16::try_from(least).unwrap_or(u16::MAX - 7));
    let overlap = [0, 0, 8, 16][usize::from(value >> 5 & 3)];
    let mut fragments = Fragments { size, overlap, conflict: overlap != 0 && value & 0x80 != 0, order: Order::InOrder };
    let count = u16::try_from(fragments.count(payload)).unwrap_or(1);
    fragments.order = match value >> 3 & 3 {
        1 => Order::Reversed,
        2 => Order::Listed([1].into_iter().chain(1..=count).collect()),
        3 if count > 1 => Order::Listed((1..count).collect()),
        _ => Order::InOrder,
    };
    fragments
}

/// How many bytes follow the IP header.
fn payload(inject: &Inject) -> usize {
    let text = match &inject.data {
        None => 0,
        Some(Data::Text(text)) => text.len(),
        Some(Data::Hex(bytes)) => bytes.0.len(),
        Some(Data::Pattern(len)) => usize::try_from(*len).unwrap_or(usize::MAX),
    };
    inject.raw.as_ref().map_or(20 + inject.options.wire_len() + text, |raw| raw.0.len())
}
