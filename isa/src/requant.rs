//! Requantisation, bit by bit: the one specification that RTL and golden model share.
//!
//! `y = saturate(round_half_even(x * mult / 2^shift))` with `x` an i32, `mult` a u16 and `shift` 0 to 47.
//! The product has 49 bits; nothing is lost before the one rounding.

use crate::OutType;

/// Largest shift.
pub const MAX_SHIFT: u8 = 47;

/// One value; the result fits `out`.
pub fn requant(x: i32, mult: u16, shift: u8, out: OutType) -> i32 {
    let product = i64::from(x) * i64::from(mult);
    let floor = product >> shift;
    let rest = product - (floor << shift);
    let half = if shift == 0 {
        i64::MAX
    } else {
        1 << (shift - 1)
    };
    let up = rest > half || (rest == half && floor & 1 == 1);
    let bits = 8 * out.bytes() as u32;
    let (min, max) = (-(1i64 << (bits - 1)), (1i64 << (bits - 1)) - 1);
    (floor + i64::from(up)).clamp(min, max) as i32
}

/// Largest value that four digits hold: 127 in each.
pub const MAX_DIGITS: i32 = 0x7f7f_7f7f;

/// A value as four signed digits of base 256, the most significant first: `x = ((d0 * 256 + d1) * 256 + d2) *
/// 256 + d3` with each digit an i8. Values above [`MAX_DIGITS`] saturate to it. In hardware: an adder and
/// three inverters.
pub fn digits(x: i32) -> [i8; 4] {
    // 128 more in each lower digit makes them unsigned; taking it off again flips their top bits.
    let bytes = (x.min(MAX_DIGITS) + 0x0080_8080).to_be_bytes();
    let [top, lower @ ..] = bytes;
    let [a, b, c] = lower.map(|byte| (byte ^ 0x80) as i8);
    [top as i8, a, b, c]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Digits add up to the value again, at the ends too.
    #[test]
    fn digits_are_the_value() {
        for x in [
            0,
            1,
            -1,
            127,
            128,
            -128,
            -129,
            32767,
            1 << 24,
            MAX_DIGITS,
            i32::MIN,
            -77_777_777,
        ] {
            let value = digits(x).iter().fold(0i64, |v, &d| v * 256 + i64::from(d));
            assert_eq!(value, i64::from(x));
        }
        assert_eq!(digits(i32::MAX), [127; 4]);
    }

    /// Ties go to the even neighbour on both sides of zero, and the ends saturate.
    #[test]
    fn ties_and_ends() {
        let halves: Vec<i32> = (-5..=5).map(|x| requant(x, 1, 1, OutType::I8)).collect();
        assert_eq!(halves, [-2, -2, -2, -1, 0, 0, 0, 1, 2, 2, 2]);
        assert_eq!(requant(i32::MIN, 1, 0, OutType::I32), i32::MIN);
        assert_eq!(requant(i32::MIN, u16::MAX, 0, OutType::I16), -32768);
        assert_eq!(requant(i32::MAX, u16::MAX, 47, OutType::I8), 1);
        assert_eq!(requant(128, 1, 0, OutType::I8), 127);
    }
}
