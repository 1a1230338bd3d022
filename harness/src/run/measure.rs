//! `save` and `check`: measured quantities, kept and compared.

use std::collections::BTreeMap;

use super::{Run, Stop};
use crate::{
    case::format::{Comparison, Quantity, Step},
    trace::event::FindingKind,
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
            let expected = describe(comparison);
            self.remark(step, FindingKind::Comparison, expected, format!("{difference}"));
        }
        Ok(())
    }

    fn kept_value(&self, name: &str) -> Result<u32, Stop> {
        self.kept.get(name).copied().ok_or_else(|| Stop::Inconclusive(format!("nothing was saved as `{name}`")))
    }
}

fn describe(comparison: &Comparison) -> String {
    let Comparison { left, right, low, high } = comparison;
    let minus = right.as_ref().map(|right| format!(" - {right}")).unwrap_or_default();
    format!("{left}{minus} in {low}..{high}")
}
