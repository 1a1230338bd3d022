//! `save` and `check`: measured quantities, kept and compared.

use std::collections::BTreeMap;

use super::{Run, Stop};
use crate::{
    case::format::{Comparison, Quantity, Step},
    trace::event::{Difference, FindingKind},
};

impl<'a> Run<'a> {
    pub(super) fn save(&mut self, names: &'a BTreeMap<String, Quantity>) -> Result<(), Stop> {
        for (name, quantity) in names {
            let view = &self.peer.connection(self.in_hand).view;
            let value = match quantity {
                Quantity::Iss => view
                    .iss
                    .ok_or_else(|| Stop::Inconclusive("ISS is not known: the target has sent no SYN".to_owned()))?,
                // Microseconds modulo 2^32, like every other quantity.
                #[allow(clippy::cast_possible_truncation)]
                Quantity::Time => self.target.now().as_micros() as u32,
                Quantity::Symbol(symbol) => view.symbol(*symbol)?,
            };
            self.kept.insert(name, value);
        }
        Ok(())
    }

    pub(super) fn compare(&mut self, step: &'a Step, comparison: &Comparison) -> Result<(), Stop> {
        let left = self.kept_value(&comparison.left)?;
        let right = comparison.right.as_deref().map_or(Ok(0), |name| self.kept_value(name))?;
        let difference = left.wrapping_sub(right);
        if difference.wrapping_sub(comparison.low) > comparison.high.wrapping_sub(comparison.low) {
            // What ledgers match has to be the same in every run; the number itself is not.
            let observed = format!("{} outside", name(comparison));
            let got = Difference {
                field: "value",
                expected: format!("{}..{}", comparison.low, comparison.high),
                got: difference.to_string(),
            };
            self.remark_all(step, FindingKind::Comparison, &[], describe(comparison), observed, vec![got], None);
        }
        Ok(())
    }

    fn kept_value(&self, name: &str) -> Result<u32, Stop> {
        self.kept.get(name).copied().ok_or_else(|| Stop::Inconclusive(format!("nothing was saved as `{name}`")))
    }
}

/// `isn2 - isn1`
fn name(comparison: &Comparison) -> String {
    let minus = comparison.right.as_ref().map(|right| format!(" - {right}")).unwrap_or_default();
    format!("{}{minus}", comparison.left)
}

fn describe(comparison: &Comparison) -> String {
    format!("{} in {}..{}", name(comparison), comparison.low, comparison.high)
}
