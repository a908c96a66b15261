//! Cast and commit: values are requantised and written into DM.
//!
//! ```text
//! value flit ──> x mult ──> >> shift, round half even ──> saturate ──> bytes (or digits) ──> DM
//! ```

use tcpu_isa::requant::{digits, requant};
use tcpu_isa::{Commit, LoopLevel, OutType};

use crate::sequencer::steps;

/// Writes one exec's flits into one slice's DM.
pub fn commit(commit: &Commit, nest: &[LoopLevel], flits: &[Vec<i32>], dm: &mut [u8]) {
    let size = dm.len() as i64;
    for (step, flit) in steps(nest).zip(flits) {
        let mut address = i64::from(commit.base) + step.a;
        for &value in flit {
            let value = requant(value, commit.mult, commit.shift, commit.out);
            let bytes = match commit.out {
                OutType::Digits => digits(value).map(|digit| digit as u8),
                _ => value.to_le_bytes(),
            };
            for byte in &bytes[..commit.out.bytes()] {
                dm[address.rem_euclid(size) as usize] = *byte;
                address += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use num_bigint::BigInt;
    use proptest::prelude::*;
    use tcpu_isa::requant::requant;
    use tcpu_isa::OutType;

    proptest! {
        /// Requantisation is the rounded (half to even) and saturated quotient of unbounded integers.
        #[test]
        fn requant_is_exact(x in any::<i32>(), mult in any::<u16>(), shift in 0u8..=47) {
            let product = BigInt::from(x) * BigInt::from(mult);
            let unit = BigInt::from(1) << shift;
            // round(p / u) to even, from twice the fraction
            let floor = {
                let mut q = &product / &unit;
                if &q * &unit > product { q -= 1; }
                q
            };
            let twice = (&product - &floor * &unit) * 2;
            let odd = &floor % 2 != BigInt::from(0);
            let up = twice > unit || (twice == unit && odd);
            let rounded = floor + i32::from(up);
            for (out, min, max) in [
                (OutType::I8, i32::from(i8::MIN), i32::from(i8::MAX)),
                (OutType::I16, i32::from(i16::MIN), i32::from(i16::MAX)),
                (OutType::I32, i32::MIN, i32::MAX),
            ] {
                let expected = rounded.clone().clamp(BigInt::from(min), BigInt::from(max));
                prop_assert_eq!(BigInt::from(requant(x, mult, shift, out)), expected);
            }
        }
    }
}
