//! What is wrong with the IP options of a packet that came to its destination. Called by [`super::parse`].

/// Record routes that say where a packet goes: loose and strict.
const SOURCE_ROUTES: [u8; 2] = [131, 137];

/// The first thing that is wrong.
#[must_use]
pub(super) fn fault(mut options: &[u8]) -> Option<&'static str> {
    while let Some((&kind, behind)) = options.split_first() {
        match kind {
            0 => return None,
            1 => options = behind,
            _ => {
                let len = behind.first().map_or(0, |&len| usize::from(len));
                let Some(option) = options.get(..len).filter(|_| len >= 2) else {
                    return Some("IP option of illegal length");
                };
                let goes_on = |pointer: &u8| usize::from(*pointer) <= len;
                if SOURCE_ROUTES.contains(&kind) && option.get(2).is_none_or(goes_on) {
                    return Some("IP source route that goes on");
                }
                options = &options[len..];
            }
        }
    }
    None
}

#[cfg(test)]
mod tests;
