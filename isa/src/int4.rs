//! int4 weights in pairs: two four-bit two's complement numbers in a byte.
//!
//! ```text
//! byte j of a dimension of n values, in m = ceil(n / 2) bytes:   [ value n - m + j │ value j ]   low half: bits 0 to 3
//! ```
//!
//! The dimension of the pairs is the outermost one in memory: what is contracted stays together.
//! The high halves are the last m values, so that an odd dimension has its middle value twice instead of a hole:
//! both copies make the same result.

/// What an int4 holds.
pub const RANGE: std::ops::RangeInclusive<i8> = -8..=7;

/// The byte of two numbers, each in [`RANGE`].
pub fn pair(low: i8, high: i8) -> u8 {
    (low as u8 & 15) | (high as u8) << 4
}

/// The low and the high half of a byte.
pub fn halves(byte: i8) -> [i8; 2] {
    [byte << 4 >> 4, byte >> 4]
}

/// Packs the values of a C-order tensor in pairs along a dimension.
pub fn pack(values: &[u8], shape: &[usize], dim: usize) -> Vec<u8> {
    let n = shape[dim];
    let m = n.div_ceil(2);
    let inner: usize = shape[dim + 1..].iter().product();
    let mut packed = Vec::with_capacity(values.len() / n.max(1) * m);
    for j in 0..m {
        for block in values.chunks_exact((n * inner).max(1)) {
            let (low, high) = (&block[j * inner..], &block[(n - m + j) * inner..]);
            let pairs = low.iter().zip(high).take(inner);
            packed.extend(pairs.map(|(&l, &h)| pair(l as i8, h as i8)));
        }
    }
    packed
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every pair comes back, and every value of an odd dimension is in its place.
    #[test]
    fn pairs_come_back() {
        for low in RANGE {
            for high in RANGE {
                assert_eq!(halves(pair(low, high) as i8), [low, high]);
            }
        }
        let packed = pack(&[1, 2, 3, 4, 5, 6], &[3, 2], 0);
        let halves: Vec<[i8; 2]> = packed.iter().map(|&b| halves(b as i8)).collect();
        assert_eq!(halves, [[1, 3], [2, 4], [3, 5], [4, 6]]);
        assert_eq!(pack(&[1, 2, 3, 4], &[2, 2], 1), [0x21, 0x43]);
        assert_eq!(
            pack(&[1, 2, 3, 4, 5, 6], &[2, 3], 1),
            [0x21, 0x54, 0x32, 0x65]
        );
        assert!(pack(&[], &[0, 3], 1).is_empty());
    }
}
