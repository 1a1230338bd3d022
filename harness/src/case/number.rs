//! Numbers as cases write them: `5`, `-1`, `65_535`, `0xffff`, `2^31`, and sums of those.

/// The value of a sum of numbers; `None` if it is none or does not fit.
#[must_use]
pub(crate) fn parse_number(text: &str) -> Option<i64> {
    terms(text)?.into_iter().try_fold(0_i64, |sum, (negative, term)| {
        let value = parse_term(term)?;
        if negative { sum.checked_sub(value) } else { sum.checked_add(value) }
    })
}

/// One number without a sign.
pub(crate) fn parse_term(term: &str) -> Option<i64> {
    if let Some((base, power)) = term.split_once('^') {
        return digits(base, 10)?.checked_pow(u32::try_from(digits(power, 10)?).ok()?);
    }
    match term.strip_prefix("0x") {
        Some(hex) => digits(hex, 16),
        None => digits(term, 10),
    }
}

fn digits(text: &str, radix: u32) -> Option<i64> {
    // A leading underscore or sign would be accepted by the standard parser once underscores are gone.
    text.starts_with(|c: char| c.is_digit(radix)).then_some(())?;
    i64::from_str_radix(&text.replace('_', ""), radix).ok()
}

/// Splits a sum into its terms; `true` means subtracted. `None` if a term is missing.
pub(crate) fn terms(text: &str) -> Option<Vec<(bool, &str)>> {
    let mut terms = Vec::new();
    let mut rest = text.trim();
    let mut negative = false;
    if let Some(after) = rest.strip_prefix('-') {
        negative = true;
        rest = after;
    } else if let Some(after) = rest.strip_prefix('+') {
        rest = after;
    }
    loop {
        let end = rest.find(['+', '-']).unwrap_or(rest.len());
        let term = rest[..end].trim();
        if term.is_empty() {
            return None;
        }
        terms.push((negative, term));
        match rest[end..].chars().next() {
            None => return Some(terms),
            Some(sign) => {
                negative = sign == '-';
                rest = &rest[end + 1..];
            }
        }
    }
}

#[cfg(test)]
mod tests;
