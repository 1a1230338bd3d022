//! How a tracepoint's record is laid out and what its numbers are called: the `format` file of tracefs.

use std::{collections::BTreeMap, str::FromStr};

/// The layout of one tracepoint's records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Format {
    /// The number that its records begin with; perf knows it by the same.
    pub(super) id: u16,
    fields: Vec<(String, Place)>,
    /// How the kernel itself would print a record.
    print: String,
}

/// Where a field is in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    offset: usize,
    size: usize,
}

impl Format {
    /// A field that is needed.
    pub(super) fn field(&self, name: &str) -> Result<Place, String> {
        self.optional(name).ok_or_else(|| format!("a tracepoint of this kernel has no field `{name}`"))
    }

    /// A field that some kernels do not have.
    pub(super) fn optional(&self, name: &str) -> Option<Place> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, place)| *place)
    }

    /// What the numbers of a field are called; empty if the kernel prints it as a number.
    pub(super) fn names(&self, field: &str) -> BTreeMap<u32, String> {
        let Some((_, list)) = self.print.split_once(&format!("__print_symbolic(REC->{field},")) else {
            return BTreeMap::new();
        };
        // `{ 2, "NOT_SPECIFIED" }, { 3, "NO_SOCKET" })`: no name has a brace or a bracket in it.
        let list = list.split(')').next().unwrap_or(list);
        let pairs = list.split('{').skip(1).filter_map(|pair| {
            let (number, name) = pair.split('}').next()?.split_once(',')?;
            let name = name.trim().strip_prefix('"')?.strip_suffix('"')?;
            Some((number.trim().parse().ok()?, name.to_owned()))
        });
        pairs.collect()
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let id = text.lines().find_map(|line| line.strip_prefix("ID:")).and_then(|id| id.trim().parse().ok());
        let print = text.lines().find_map(|line| line.strip_prefix("print fmt:"));
        Ok(Self {
            id: id.ok_or("a tracepoint's format has no ID")?,
            fields: text.lines().filter_map(field).collect(),
            print: print.unwrap_or_default().to_owned(),
        })
    }
}

/// `field:unsigned short protocol; offset:24; size:2; signed:0;`
fn field(line: &str) -> Option<(String, Place)> {
    let mut parts = line.trim().strip_prefix("field:")?.split(';').map(str::trim);
    let declared = parts.next()?;
    let mut number = |key: &str| parts.next()?.strip_prefix(key)?.parse().ok();
    let place = Place { offset: number("offset:")?, size: number("size:")? };
    let name = declared.split('[').next()?.rsplit([' ', '*']).next()?;
    Some((name.to_owned(), place))
}

impl Place {
    /// The octets of the field; `None` if the record is too short for it.
    pub(super) fn octets<'r>(&self, record: &'r [u8]) -> Option<&'r [u8]> {
        record.get(self.offset..self.offset.checked_add(self.size)?)
    }

    /// The field as a number in the machine's own order, without a sign.
    pub(super) fn number(&self, record: &[u8]) -> Option<u64> {
        Some(match *self.octets(record)? {
            [a] => u64::from(a),
            [a, b] => u64::from(u16::from_ne_bytes([a, b])),
            [a, b, c, d] => u64::from(u32::from_ne_bytes([a, b, c, d])),
            [a, b, c, d, e, f, g, h] => u64::from_ne_bytes([a, b, c, d, e, f, g, h]),
            _ => return None,
        })
    }
}

#[cfg(test)]
pub(super) mod tests;
