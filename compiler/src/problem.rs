//! The two-operand problem that is mapped: axes, byte strides, addresses.

use tcpu_isa::OutType;

use crate::einsum::Contraction;

/// An axis of the iteration space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    pub name: String,
    pub size: usize,
    pub reduced: bool,
}

/// `out[o] += x[a] * w[b]` over all axes, with addresses linear in the axis indices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub axes: Vec<Axis>,
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
}

impl Problem {
    /// Multiplies of the whole problem.
    pub fn macs(&self) -> u64 {
        self.axes.iter().map(|a| a.size as u64).product()
    }

    /// Products that one output adds up.
    pub fn depth(&self) -> u64 {
        self.axes
            .iter()
            .filter(|a| a.reduced)
            .map(|a| a.size as u64)
            .product()
    }

    /// Cuts an output axis in two: the problem of its first `at` indices, and that of the others.
    pub fn cut(&self, axis: usize, at: usize) -> (Problem, Problem) {
        let (mut first, mut rest) = (self.clone(), self.clone());
        first.axes[axis].size = at;
        rest.axes[axis].size -= at;
        let moved = |base: u32, stride: i64| (i64::from(base) + stride * at as i64) as u32;
        for (base, strides) in rest.operand_ext.iter_mut().zip(&self.operands) {
            *base = moved(*base, strides[axis]);
        }
        rest.output_ext = moved(rest.output_ext, self.output[axis]);
        (first, rest)
    }

    /// Takes axes and strides from a contraction; an absent second operand is a scalar (stride 0).
    /// Axes of size one are dropped, and axes that are one axis for every tensor are fused.
    pub fn new(contraction: &Contraction, out: OutType, mult: u16, shift: u8) -> Problem {
        let n = contraction.axes.len();
        let strides = |i: usize| match contraction.operands.get(i) {
            Some(access) => access.strides.clone(),
            None => vec![0; n],
        };
        let bytes = out.bytes() as i64;
        let all = [
            strides(0),
            strides(1),
            contraction
                .output
                .strides
                .iter()
                .map(|s| s * bytes)
                .collect::<Vec<_>>(),
        ];
        let mut axes: Vec<(Axis, [i64; 3])> = contraction
            .axes
            .iter()
            .enumerate()
            .filter(|(_, axis)| axis.size != 1)
            .map(|(i, axis)| {
                let axis = Axis {
                    name: axis.name.clone(),
                    size: axis.size,
                    reduced: axis.reduced,
                };
                (axis, [all[0][i], all[1][i], all[2][i]])
            })
            .collect();
        fuse(&mut axes);
        Problem {
            operands: [0, 1].map(|t| axes.iter().map(|(_, s)| s[t]).collect()),
            operand_ext: [0; 2],
            output: axes.iter().map(|(_, s)| s[2]).collect(),
            output_ext: 0,
            axes: axes.into_iter().map(|(axis, _)| axis).collect(),
            out,
            mult,
            shift,
        }
    }
}

/// Joins pairs of axes that every tensor steps through as through one.
fn fuse(axes: &mut Vec<(Axis, [i64; 3])>) {
    let joins = |outer: &(Axis, [i64; 3]), inner: &(Axis, [i64; 3])| {
        outer.0.reduced == inner.0.reduced
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
