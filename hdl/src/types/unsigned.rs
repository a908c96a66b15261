//! Unsigned numbers in a machine word.

use std::ops::{Add, BitAnd, BitOr, BitXor, Not, Shl, Shr, Sub};

use rust_hdl::prelude::{Synth, TypeDescriptor, TypeKind, VCDValue, VerilogLiteral};

/// An unsigned number of N <= 64 bits. Arithmetic wraps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct U<const N: usize>(u64);

/// What can number a bit or an element: a loop variable or another signal.
pub trait Index {
    fn index(self) -> usize;
}

/// Conversion to another type of signal: extends by the source's sign, or truncates.
pub trait ToBits<T> {
    fn to_bits(self) -> T;
}

impl<const N: usize> U<N> {
    const MASK: u64 = if N >= 64 { u64::MAX } else { (1 << N) - 1 };

    /// `value`, truncated to N bits.
    pub fn new(value: u64) -> Self {
        U(value & Self::MASK)
    }

    /// The number.
    pub fn value(self) -> u64 {
        self.0
    }

    /// `W` bits from bit `offset` on.
    pub fn get_bits<const W: usize>(self, offset: impl Index) -> U<W> {
        U::new(self.0.checked_shr(offset.index() as u32).unwrap_or(0))
    }

    /// Bit `i`; false beyond the top.
    pub fn get_bit(self, i: impl Index) -> bool {
        self.0.checked_shr(i.index() as u32).unwrap_or(0) & 1 == 1
    }

    /// With bit `i` set to `bit`.
    pub fn replace_bit(self, i: impl Index, bit: bool) -> Self {
        let i = i.index() as u32;
        U::new((self.0 & !(1 << i)) | (u64::from(bit) << i))
    }

    /// Some bit is set.
    pub fn any(self) -> bool {
        self.0 != 0
    }

    /// All bits are set.
    pub fn all(self) -> bool {
        self.0 == Self::MASK
    }
}

impl Index for i32 {
    fn index(self) -> usize {
        self as usize
    }
}

impl Index for usize {
    fn index(self) -> usize {
        self
    }
}

impl<const N: usize> Index for U<N> {
    fn index(self) -> usize {
        self.0 as usize
    }
}

impl<const N: usize> From<i32> for U<N> {
    fn from(value: i32) -> Self {
        U::new(value as u64)
    }
}

impl<const N: usize> From<usize> for U<N> {
    fn from(value: usize) -> Self {
        U::new(value as u64)
    }
}

impl<const N: usize, const M: usize> ToBits<U<M>> for U<N> {
    fn to_bits(self) -> U<M> {
        U::new(self.0)
    }
}

impl<const M: usize> ToBits<U<M>> for bool {
    fn to_bits(self) -> U<M> {
        U::new(u64::from(self))
    }
}

macro_rules! operator {
    ($trait:ident, $name:ident, $f:expr) => {
        impl<const N: usize> $trait for U<N> {
            type Output = U<N>;
            fn $name(self, other: U<N>) -> U<N> {
                let f: fn(u64, u64) -> u64 = $f;
                U::new(f(self.0, other.0))
            }
        }
    };
}

operator!(Add, add, u64::wrapping_add);
operator!(Sub, sub, u64::wrapping_sub);
operator!(BitAnd, bitand, |a, b| a & b);
operator!(BitOr, bitor, |a, b| a | b);
operator!(BitXor, bitxor, |a, b| a ^ b);

impl<const N: usize> Not for U<N> {
    type Output = U<N>;
    fn not(self) -> U<N> {
        U::new(!self.0)
    }
}

impl<const N: usize, const M: usize> Shl<U<M>> for U<N> {
    type Output = U<N>;
    fn shl(self, by: U<M>) -> U<N> {
        U::new(self.0.checked_shl(by.0.min(64) as u32).unwrap_or(0))
    }
}

impl<const N: usize, const M: usize> Shr<U<M>> for U<N> {
    type Output = U<N>;
    fn shr(self, by: U<M>) -> U<N> {
        U::new(self.0.checked_shr(by.0.min(64) as u32).unwrap_or(0))
    }
}

impl<const N: usize> Synth for U<N> {
    const BITS: usize = N;

    fn descriptor() -> TypeDescriptor {
        TypeDescriptor {
            name: format!("U{N}"),
            kind: TypeKind::Bits(N),
        }
    }

    fn vcd(self) -> VCDValue {
        bits(self.0, N)
    }

    fn verilog(self) -> VerilogLiteral {
        self.0.into()
    }
}

/// The low `n` bits of a word for a waveform, highest first.
pub(super) fn bits(word: u64, n: usize) -> VCDValue {
    VCDValue::Vector((0..n).rev().map(|i| (word >> i & 1 == 1).into()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Every operator is arithmetic modulo 2^13.
        #[test]
        fn wraps(a in 0u64..8192, b in 0u64..8192, i in 0usize..13, bit in any::<bool>()) {
            let (x, y) = (U::<13>::new(a), U::<13>::new(b));
            prop_assert_eq!((x + y).value(), (a + b) % 8192);
            prop_assert_eq!((x - y).value(), (8192 + a - b) % 8192);
            prop_assert_eq!((!x).value(), 8191 - a);
            prop_assert_eq!((x << U::<4>::new(i as u64)).value(), (a << i) % 8192);
            prop_assert_eq!((x >> U::<4>::new(i as u64)).value(), a >> i);
            prop_assert_eq!(x.get_bits::<5>(i).value(), (a >> i) % 32);
            prop_assert_eq!(x.replace_bit(i, bit).get_bit(i), bit);
            prop_assert_eq!(x < y, a < b);
        }
    }
}
