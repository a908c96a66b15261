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

/// The accumulator after one more column: exact, or an overflow of the machine's i32.
pub fn accumulate(slot: i32, restart: bool, column: i64) -> Result<i32, Overflow> {
    let exact = i64::from(if restart { 0 } else { slot }) + column;
    i32::try_from(exact).map_err(|_| Overflow(BigInt::from(exact)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
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
                slot = accumulate(slot.unwrap(), i == 0, *column);
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
