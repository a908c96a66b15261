//! The two-operand problem that is mapped: axes, byte strides, addresses.

use tcpu_isa::OutType;

/// An axis of the iteration space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    pub name: String,
    pub size: usize,
    pub reduced: bool,
    pub role: Role,
}

/// What an axis is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// An axis of the expression.
    Index,
    /// The digits of an operand in digits, the most significant first.
    Digit,
    /// The two halves of a byte of int4 weights. No operand sees it, and jobs have it whole.
    Half,
}

/// `out[o] += x[a] * w[b]` over all axes, with addresses linear in the axis indices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub axes: Vec<Axis>,
    /// For each axis the index at which this problem begins, and the size of the axis in the problem of which it
    /// is a part. Addresses are those of index zero of the whole.
    pub origin: Vec<usize>,
    pub whole: Vec<usize>,
    /// Byte strides of the two operands; 0 where the operand does not see the axis.
    pub operands: [Vec<i64>; 2],
    /// External byte address of each operand's element at index zero.
    pub operand_ext: [u32; 2],
    /// Byte strides of the output; 0 on reduced axes.
    pub output: Vec<i64>,
    pub output_ext: u32,
    pub out: OutType,
    pub mult: u16,
    pub shift: u8,
    /// Which step of a contraction of several operands this is, from 0.
    pub step: usize,
    /// Operand 0 is the result of the step before.
    pub chained: bool,
    /// The operand whose bytes are pairs of int4: it must go to the TRF.
    pub packed: Option<usize>,
}

impl Problem {
    /// Multiplies of the whole problem.
    pub fn macs(&self) -> u64 {
        self.axes.iter().map(|a| a.size as u64).product()
    }

    /// Cuts an output axis in two: the problem of its first `at` indices, and that of the others.
    pub fn cut(&self, axis: usize, at: usize) -> (Problem, Problem) {
        let (mut first, mut rest) = (self.clone(), self.clone());
        first.axes[axis].size = at;
        rest.axes[axis].size -= at;
        rest.origin[axis] += at;
        (first, rest)
    }

    /// The problem of axes with their byte strides in both operands and the output; addresses are still zero.
    /// Axes of size one are dropped, and axes that are one axis for every tensor are fused.
    pub fn new(axes: Vec<(Axis, [i64; 3])>, out: OutType, mult: u16, shift: u8) -> Problem {
        let mut axes = axes;
        axes.retain(|(axis, _)| axis.size != 1);
        fuse(&mut axes);
        Problem {
            operands: [0, 1].map(|t| axes.iter().map(|(_, s)| s[t]).collect()),
            operand_ext: [0; 2],
            output: axes.iter().map(|(_, s)| s[2]).collect(),
            output_ext: 0,
            origin: vec![0; axes.len()],
            whole: axes.iter().map(|(axis, _)| axis.size).collect(),
            axes: axes.into_iter().map(|(axis, _)| axis).collect(),
            out,
            mult,
            shift,
            step: 0,
            chained: false,
            packed: None,
        }
    }

    /// The axis of digits.
    pub fn digit(&self) -> Option<usize> {
        self.axes.iter().position(|axis| axis.role == Role::Digit)
    }

    /// The axis of the halves of bytes.
    pub fn half(&self) -> Option<usize> {
        self.axes.iter().position(|axis| axis.role == Role::Half)
    }
}

/// Joins pairs of axes that every tensor steps through as through one.
fn fuse(axes: &mut Vec<(Axis, [i64; 3])>) {
    let joins = |outer: &(Axis, [i64; 3]), inner: &(Axis, [i64; 3])| {
        outer.0.reduced == inner.0.reduced
            && [outer.0.role, inner.0.role] == [Role::Index; 2]
            && (0..3).all(|t| outer.1[t] == inner.1[t] * inner.0.size as i64)
    };
    loop {
        let pair = (0..axes.len())
            .flat_map(|o| (0..axes.len()).map(move |i| (o, i)))
            .find(|&(o, i)| o != i && joins(&axes[o], &axes[i]));
        let Some((outer, inner)) = pair else { return };
        let (axis, _) = axes[outer].clone();
        axes[inner].0.size *= axis.size;
        axes[inner].0.name = format!("{}{}", axis.name, axes[inner].0.name);
        axes.remove(outer);
    }
}
