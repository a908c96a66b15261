//! The loop nest that every unit walks.
//!
//! ```text
//! for i[n-1] in 0..count[n-1] { .. for i[0] in 0..count[0] {
//!     a = sum of i[l] * stride_a[l],  b = sum of i[l] * stride_b[l]
//! } .. }
//! ```

use tcpu_isa::{LoopLevel, LEVELS};

/// One iteration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Offsets in the two address spaces; the unit adds its bases.
    pub a: i64,
    pub b: i64,
    /// Bit per level: at its first, at its last iteration. Set for levels that are not in use.
    pub at_first: u8,
    pub at_last: u8,
}

/// All steps of a nest, in order. Level 0 is the innermost.
pub fn steps(nest: &[LoopLevel]) -> impl Iterator<Item = Step> + '_ {
    let total: u64 = nest.iter().map(|l| u64::from(l.count)).product();
    (0..total).map(|number| {
        let mut step = Step {
            a: 0,
            b: 0,
            at_first: u8::MAX,
            at_last: u8::MAX,
        };
        let mut rest = number;
        for (l, level) in nest.iter().enumerate().take(LEVELS) {
            let count = u64::from(level.count);
            let index = rest % count;
            rest /= count;
            step.a += index as i64 * i64::from(level.stride_a);
            step.b += index as i64 * i64::from(level.stride_b);
            if index != 0 {
                step.at_first &= !(1 << l);
            }
            if index + 1 != count {
                step.at_last &= !(1 << l);
            }
        }
        step
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Nested `for` loops written by hand visit the same offsets in the same order.
        #[test]
        fn equals_nested_loops(
            nest in prop::collection::vec((1u16..5, -9i32..9, -9i32..9), 3)
        ) {
            let level =
                |i: usize| LoopLevel { count: nest[i].0, stride_a: nest[i].1, stride_b: nest[i].2 };
            let nest = [level(0), level(1), level(2)];
            let mut expected = Vec::new();
            for k in 0..i64::from(nest[2].count) {
                for j in 0..i64::from(nest[1].count) {
                    for i in 0..i64::from(nest[0].count) {
                        let sum = |s: [i32; 3]| {
                            i * i64::from(s[0]) + j * i64::from(s[1]) + k * i64::from(s[2])
                        };
                        expected.push((
                            sum([nest[0].stride_a, nest[1].stride_a, nest[2].stride_a]),
                            sum([nest[0].stride_b, nest[1].stride_b, nest[2].stride_b]),
                        ));
                    }
                }
            }
            let walked: Vec<_> = steps(&nest).collect();
            prop_assert_eq!(walked.iter().map(|s| (s.a, s.b)).collect::<Vec<_>>(), expected);
            prop_assert_eq!(walked[0].at_first, u8::MAX);
            prop_assert_eq!(walked[walked.len() - 1].at_last, u8::MAX);
            prop_assert_eq!(walked.iter().filter(|s| s.at_last == u8::MAX).count(), 1);
        }
    }
}
