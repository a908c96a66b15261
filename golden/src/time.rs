//! The time reducer: accumulator slots.
//!
//! ```text
//! columns ──> + ──> slot ──┬──> row, where the reduction is complete
//!             ^────────────┘    (restarts from zero where it begins)
//! ```

use num_bigint::BigInt;

/// An accumulator left the range of the machine's 32 bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overflow(pub BigInt);

/// What happens to an accumulator before a column is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// Nothing: the sum goes on.
    Keep,
    /// It is zero again: a sum begins.
    Restart,
    /// It is multiplied by 256: the next digit of an operand in digits begins.
    Scale,
}

/// The accumulator after one more column: exact, or an overflow of the machine's i32.
pub fn accumulate(slot: i32, before: Before, column: i64) -> Result<i32, Overflow> {
    let factor = match before {
        Before::Keep => 1,
        Before::Restart => 0,
        Before::Scale => 256,
    };
    let exact = i64::from(slot) * factor + column;
    i32::try_from(exact).map_err(|_| Overflow(BigInt::from(exact)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Products of an operand's digits, most significant digit first, add up to those of the operand.
        #[test]
        fn digits_add_up(pairs in prop::collection::vec((any::<i16>(), any::<i8>()), 1..20)) {
            let mut slot = 99;
            for digit in 0..4 {
                for (i, (x, w)) in pairs.iter().enumerate() {
                    let before = match (digit, i) {
                        (0, 0) => Before::Restart,
                        (_, 0) => Before::Scale,
                        _ => Before::Keep,
                    };
                    let d = tcpu_isa::requant::digits((*x).into())[digit];
                    slot = accumulate(slot, before, i64::from(d) * i64::from(*w)).unwrap();
                }
            }
            let exact: i32 = pairs.iter().map(|(x, w)| i32::from(*x) * i32::from(*w)).sum();
            prop_assert_eq!(slot, exact);
        }

        /// A run of products adds up to the sum in unbounded integers, or the first partial sum that
        /// is not an i32 is reported.
        #[test]
        fn equals_unbounded_sums(
            columns in prop::collection::vec(-300_000_000i64..300_000_000, 1..30)
        ) {
            let mut exact = BigInt::from(0);
            let mut slot = Ok(77);
            for (i, column) in columns.iter().enumerate() {
                exact += *column;
                let before = if i == 0 { Before::Restart } else { Before::Keep };
                slot = accumulate(slot.unwrap(), before, *column);
                match i32::try_from(&exact) {
                    Ok(fits) => prop_assert_eq!(&slot, &Ok(fits)),
                    Err(_) => {
                        prop_assert_eq!(slot, Err(Overflow(exact)));
                        return Ok(());
                    }
                }
            }
        }
    }
}
