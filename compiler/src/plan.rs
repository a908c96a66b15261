//! A mapping of a [`Problem`] onto the machine: which axis sits where, and in which pieces.

use serde::Serialize;

use crate::problem::{Problem, Role};

/// What the packet axis is for the contraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Mode {
    /// The packet axis is an output axis: F columns per lane, each multiplied with one TRF byte (splat).
    Outer,
    /// The packet axis is an output axis that both operands see: F columns per lane, byte by byte.
    Pair,
    /// The packet axis is contracted: the packet reducer adds up the whole flit.
    Inner,
}

/// One mapping. Axes are numbered as in the problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Operand 1 is streamed and operand 0 goes to the TRF, instead of the other way round.
    pub swap: bool,
    pub mode: Mode,
    /// Axis inside a flit of the stream.
    pub packet: Option<usize>,
    /// Axis over the lanes: seen by the TRF operand, not by the stream.
    pub lane: Option<usize>,
    /// Axis inside a flit of the TRF (the packet axis, but for `Mode::Outer`).
    pub byte: Option<usize>,
    /// Axes over the slices, with how many slices each takes.
    pub slices: Vec<(usize, usize)>,
    /// Length of a job on each axis, per slice.
    pub lens: Vec<usize>,
    /// Output axes in the order of the job loops, outermost first. Reduced axes loop
    /// innermost, the digits outermost among them.
    pub order: Vec<usize>,
    /// The stream operand, the TRF operand is brought in at once (where it is not spread over slices)
    /// instead of in the pieces that jobs use.
    pub whole: [bool; 2],
    /// Results are stored while the job still commits (where it commits in one piece).
    pub early: bool,
    /// The jobs of this part are spread among those of the others, instead of coming last.
    pub spread: bool,
    /// DM banks for the stream operand, the TRF operand and the output.
    pub banks: [usize; 3],
}

impl Plan {
    /// Slices that an axis is spread over.
    pub fn ways(&self, axis: usize) -> usize {
        self.slices
            .iter()
            .find(|(a, _)| *a == axis)
            .map_or(1, |(_, ways)| *ways)
    }

    /// Slices in use.
    pub fn slices_used(&self) -> usize {
        self.slices.iter().map(|(_, ways)| ways).product()
    }

    /// Place of slice `s` along a sliced axis.
    pub fn digit(&self, s: usize, axis: usize) -> usize {
        let mut rest = s;
        for &(a, ways) in &self.slices {
            if a == axis {
                return rest % ways;
            }
            rest /= ways;
        }
        0
    }

    /// Index of the streamed operand.
    pub fn stream(&self) -> usize {
        usize::from(self.swap)
    }

    /// Index of the operand in the TRF.
    pub fn weights(&self) -> usize {
        usize::from(!self.swap)
    }

    /// Boxes of outputs: jobs that end a contraction.
    pub fn boxes(&self, problem: &Problem) -> usize {
        let loops = self.loops(problem);
        let outputs = loops
            .iter()
            .filter(|(axis, _)| !problem.axes[*axis].reduced);
        outputs.map(|(_, n)| n).product()
    }

    /// The mapping in words: what streams, which axis sits where, the box of a job.
    pub fn describe(&self, problem: &Problem) -> String {
        let name = |axis: usize| problem.axes[axis].name.as_str();
        let or_none = |axis: Option<usize>| axis.map_or("-", name);
        let mode = match self.mode {
            Mode::Outer => "outer",
            Mode::Pair => "element-wise",
            Mode::Inner => "inner",
        };
        let slices: Vec<String> = self
            .slices
            .iter()
            .map(|&(axis, ways)| format!("{} by {ways}", name(axis)))
            .collect();
        let axes = problem.axes.iter().zip(&self.lens);
        let axes = axes.filter(|(axis, _)| axis.role != Role::Half);
        let boxes: Vec<String> = axes
            .map(|(axis, len)| format!("{} {len} of {}", axis.name, axis.size))
            .collect();
        format!(
            "operand {} streams{}; Packet {} ({mode}), Lane {}, Slice {}; jobs: {}",
            self.stream(),
            if problem.packed.is_some() {
                " against pairs of int4"
            } else {
                ""
            },
            or_none(self.packet),
            or_none(self.lane),
            if slices.is_empty() {
                "-".to_string()
            } else {
                slices.join(", ")
            },
            if boxes.is_empty() {
                "one product".to_string()
            } else {
                boxes.join(", ")
            },
        )
    }

    /// The job loops: for each axis the number of jobs along it, outermost axis first.
    pub fn loops(&self, problem: &Problem) -> Vec<(usize, usize)> {
        let all = 0..problem.axes.len();
        let (half, digit) = (problem.half(), problem.digit());
        let reduced = all.filter(|&a| problem.axes[a].reduced && Some(a) != digit);
        let outputs = self.order.iter().copied().chain(half);
        let axes = outputs.chain(digit).chain(reduced);
        axes.map(|a| {
            (
                a,
                problem.axes[a].size.div_ceil(self.lens[a] * self.ways(a)),
            )
        })
        .collect()
    }
}
