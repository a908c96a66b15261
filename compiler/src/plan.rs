//! A mapping of a [`Problem`] onto the machine: which axis sits where, and in which pieces.

use serde::Serialize;
use tcpu_isa::Config;

use crate::problem::{Problem, Role};

/// What the packet axis is for the contraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Mode {
    /// The packet axis is an output axis: the columns of a lane, each multiplied with one TRF byte (splat).
    Outer,
    /// The packet axis is an output axis that both operands see: F columns per lane, byte by byte. Builds with fewer
    /// columns do without.
    Pair,
    /// The packet axis is contracted: the packet reducer adds up the whole flit.
    Inner,
}

/// How much of a tensor shares a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Reach {
    /// What a job uses.
    Job,
    /// That, and all of the axes that are not spread over slices.
    Line,
    /// All that a slice has.
    Share,
}

/// One mapping. Axes are numbered as in the problem.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
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
    /// Output axes in the order of the job loops, outermost first. Reduced axes loop inside of them, the digits
    /// outermost among them.
    pub order: Vec<usize>,
    /// For each axis, how many jobs along it a *tile* has. Inside of the reduced axes' loops, the jobs of a tile
    /// follow each other (in `order`, too): their accumulators are open at the same time.
    pub tile: Vec<usize>,
    /// Boxes of the stream operand, and of the TRF operand. They are filled as jobs need it.
    pub reach: [Reach; 2],
    /// Boxes of results; a box is stored from its beginning on, as jobs fill it. What the first part has counts.
    pub results: Reach,
    /// The TRF operand's parts for all jobs of a tile are brought in before the first job's stream.
    pub ahead: bool,
    /// The first block of the first contraction is cut in halves, its first half too, and so on, this often.
    pub ramp: u32,
    /// The last block of the last contraction is cut in halves, its second half too, and so on, this often.
    pub taper: u32,
    /// In how many parts a job's results are stored while it still commits: those of most jobs, and those of
    /// the last one.
    pub early: [usize; 2],
    /// The jobs of this part are spread among those of the others, instead of coming last.
    pub spread: bool,
    /// DM banks for the stream operand, the TRF operand and the output.
    pub banks: [usize; 3],
}

impl Plan {
    /// Indices of the packet axis that a flit of the stream holds.
    pub fn packet_unit(&self, config: &Config) -> usize {
        match self.mode {
            Mode::Outer => config.columns,
            Mode::Pair | Mode::Inner => config.flit,
        }
    }

    /// Slices that an axis is spread over.
    pub fn ways(&self, axis: usize) -> usize {
        self.slices
            .iter()
            .find(|(a, _)| *a == axis)
            .map_or(1, |(_, ways)| *ways)
    }

    /// How many indices of an axis a slice has.
    pub fn share(&self, problem: &Problem, axis: usize) -> usize {
        problem.axes[axis].size.div_ceil(self.ways(axis))
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

    /// Tiles of outputs.
    pub fn tiles(&self, problem: &Problem) -> usize {
        volume(&self.loops(problem).tiles)
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

    /// How many jobs there are along an axis.
    pub fn jobs(&self, problem: &Problem, axis: usize) -> usize {
        self.share(problem, axis).div_ceil(self.lens[axis])
    }

    /// The job loops.
    pub fn loops(&self, problem: &Problem) -> Loops {
        let all = 0..problem.axes.len();
        let (half, digit) = (problem.half(), problem.digit());
        let reduced = all.filter(|&a| problem.axes[a].reduced && Some(a) != digit);
        let outputs = || self.order.iter().copied().chain(half);
        let jobs = |a: usize| self.jobs(problem, a);
        Loops {
            tiles: outputs()
                .map(|a| (a, jobs(a).div_ceil(self.tile[a])))
                .collect(),
            reduced: digit
                .into_iter()
                .chain(reduced)
                .map(|a| (a, jobs(a)))
                .collect(),
            jobs: outputs().map(|a| (a, jobs(a).min(self.tile[a]))).collect(),
        }
    }
}

/// The job loops, outermost first: each an axis and a count.
pub struct Loops {
    pub tiles: Vec<(usize, usize)>,
    pub reduced: Vec<(usize, usize)>,
    /// Of a tile.
    pub jobs: Vec<(usize, usize)>,
}

/// Iterations of nested loops.
pub fn volume(loops: &[(usize, usize)]) -> usize {
    loops.iter().map(|(_, count)| count).product()
}
