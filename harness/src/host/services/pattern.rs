//! The lines of chargen (RFC864): 72 printing characters, each line one further round the ring of 95.

/// Characters of a line.
const WIDTH: usize = 72;
const FIRST: u8 = b' ';
const RING: usize = 95;

/// Where the stream of lines is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pattern {
    line: usize,
}

impl Pattern {
    /// The next whole lines, not more than `most` octets.
    pub(super) fn next(&mut self, most: usize) -> Vec<u8> {
        let mut text = Vec::with_capacity(most);
        while text.len() + WIDTH + 2 <= most {
            // Below 95, so it fits.
            text.extend((0..WIDTH).map(|column| FIRST + ((self.line + column) % RING) as u8));
            text.extend(b"\r\n");
            self.line = (self.line + 1) % RING;
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_turn_round_the_ring() {
        let mut pattern = Pattern::default();
        let text = String::from_utf8(pattern.next(150)).expect("printing characters");
        let lines: Vec<_> = text.split_terminator("\r\n").collect();
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| line.len() == WIDTH));
        assert!(lines[0].starts_with(" !\"#$%") && lines[1].starts_with("!\"#$%&"));
        let _ = pattern.next(93 * 74);
        assert_eq!(pattern.next(74)[..3], *b" !\"", "95 lines later");
        assert_eq!(pattern.next(73), b"");
    }
}
