//! What a build does at most: two operations (a product and a sum) for each multiplier and cycle.

use std::collections::BTreeMap;

use serde::Serialize;
use tcpu_isa::Config;

use super::Use;
use crate::board::Family;

/// A peak, and what it costs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Peak {
    /// Billions of operations per second, with int8 operands, and with int4 weights.
    pub gops: f64,
    pub int4_gops: f64,
    /// Per multiplier cell of the part, whatever it is used for; none if none is used.
    pub gops_per_dsp: Option<f64>,
    /// Look-up tables of the whole board's design per multiplier.
    pub lut_per_multiplier: f64,
}

impl Peak {
    /// The peak of a build on cells of a family, at a clock in MHz.
    pub fn of(family: Family, config: &Config, mhz: f64, used: &BTreeMap<String, Use>) -> Peak {
        let (luts, dsps): (&str, &[&str]) = match family {
            Family::Ecp5 => ("TRELLIS_COMB", &["MULT18X18D"]),
            Family::Ice40 => ("ICESTORM_LC", &["ICESTORM_DSP"]),
            Family::Gowin => ("LUT4", &["MULT9X9", "MULT18X18", "MULT36X36"]),
        };
        let count = |cell: &str| used.get(cell).map_or(0, |cells| cells.used) as f64;
        let dsps: f64 = dsps.iter().map(|cell| count(cell)).sum();
        let multipliers = config.multipliers() as f64;
        let gops = 2.0 * multipliers * mhz / 1000.0;
        Peak {
            gops,
            int4_gops: gops * config.int4 as f64,
            gops_per_dsp: (dsps > 0.0).then_some(gops / dsps),
            lut_per_multiplier: count(luts) / multipliers,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sixteen multipliers, each with two products of int4, in twenty cells at 100 MHz.
    #[test]
    fn of_tiny() {
        let cells = |used| Use {
            used,
            available: 99_999,
        };
        let used = [("MULT18X18D", 20), ("TRELLIS_COMB", 24_000)];
        let used = used.map(|(cell, used)| (cell.to_string(), cells(used)));
        let config = Config::preset("tiny").unwrap();
        let peak = Peak::of(Family::Ecp5, &config, 100.0, &used.into());
        let expected = Peak {
            gops: 3.2,
            int4_gops: 6.4,
            gops_per_dsp: Some(0.16),
            lut_per_multiplier: 1500.0,
        };
        assert_eq!(peak, expected);
        let none = Peak::of(Family::Ice40, &config, 100.0, &BTreeMap::new());
        assert_eq!(none.gops_per_dsp, None);
    }
}
