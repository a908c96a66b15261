//! The search for a good mapping.
//!
//! First every *structure* (which operand streams, which axis is on Packet, Lane, Slice) is given boxes of
//! a reasonable size and a lower bound of its cycles, counted from its commands. The most promising
//! structures are run through the exact cycle model, and the best of them are improved step by step (box
//! lengths, tiles, loop order, banks), as long as the budget of simulated cycles lasts. Then the problem is cut
//! where an axis does not fill the machine (129 = 128 + 1), and the parts are mapped each in its own way. At last
//! the best mapping of all is improved as far as a last budget goes.
//!
//! Builds that fold are different: what their mappings cost is not simulated, but estimated from what the one engine has
//! to do.

mod engine;
mod moves;
mod work;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use tcpu_isa::{Command, Config, MemoryTiming};

use crate::cycles::{predict, predict_within, Cycles};
use crate::emit::{emit, fits, Part, Reject};
use crate::order::by_start;
use crate::plan::{Plan, Reach};
use crate::problem::Problem;
use moves::{cut_points, neighbours, split_banks, structures, tiled};
use work::Work;

/// Cycles that each stage of a search may simulate at least: the whole problem, each cut, the end. Up to twice as
/// many for a problem of many cycles.
const BUDGET: u64 = 1_500_000;
/// Mappings near the floor for which a stage's budget is made, between these bounds.
const STAGE: u64 = 250;
/// Mappings near the floor that a stage may simulate at least, however long they are.
const RUNS: u64 = 16;
/// Structures that are simulated and improved.
const STRUCTURES: usize = 12;
/// The best of them, which are tried with small jobs in tiles, too.
const TILED: usize = 4;
/// Tiles of outputs from whose commands the work of a mapping is estimated.
const SAMPLE: usize = 32;
/// Random changes after which a mapping is improved again.
const KICKS: usize = 24;
/// Mappings of each part of a cut that are thought of.
const PARTS: usize = 8;
/// Pairs of mappings of a cut's parts that are simulated.
const PAIRS: usize = 16;
/// Words that cost a cycle.
const WORDS: u64 = 64;

/// The best mapping found.
#[derive(Clone, Debug)]
pub struct Found {
    pub parts: Vec<Part>,
    pub commands: Vec<Command>,
    pub cycles: Cycles,
    /// What the search compares.
    cost: u64,
}

/// What counts: cycles, and a little for each word, which a host has to keep and to send.
fn cost(cycles: u64, words: u64) -> u64 {
    cycles.saturating_add(words / WORDS)
}

/// Searches a mapping for each step's problem; `None` only if the machine cannot hold even a box of one
/// element of each tensor. Stops when it is within a hundredth of `floor` cycles, below which no mapping can
/// be.
pub fn search(
    config: &Config,
    memory: MemoryTiming,
    problems: &[Problem],
    floor: u64,
) -> Option<Found> {
    if let [problem] = problems {
        return search_step(config, memory, problem, floor, true);
    }
    // Steps share DM as the first one divides it.
    let mut parts = Vec::new();
    for problem in problems {
        parts.extend(search_step(config, memory, problem, 0, false)?.parts);
    }
    let commands = emit(config, &parts, usize::MAX).ok()?;
    let (commands, _) = by_start(config, memory, &commands, u64::MAX)?;
    let cycles = predict(config, memory, &commands).ok()?;
    Some(Found {
        cost: cost(cycles.total, commands.len() as u64),
        parts,
        commands,
        cycles,
    })
}

/// Searches the mapping of one problem; with `divide`, also how DM is divided.
fn search_step(
    config: &Config,
    memory: MemoryTiming,
    problem: &Problem,
    floor: u64,
    divide: bool,
) -> Option<Found> {
    let budget = (STAGE * floor).clamp(BUDGET, 2 * BUDGET).max(RUNS * floor);
    let mut search = Search {
        config,
        memory,
        floor,
        divide,
        best: None,
        budget,
        known: HashMap::new(),
    };
    let mut tried: Vec<(u64, Part)> = Vec::new();
    let attempt = |search: &mut Search, plan: Plan, tried: &mut Vec<(u64, Part)>| {
        let part = (problem.clone(), plan);
        let total = search.attempt(std::slice::from_ref(&part));
        tried.extend(total.map(|total| (total, part)));
        tried.sort_by_key(|(total, _)| *total);
    };
    for (_, plan) in search.ranked(problem, split_banks(config), STRUCTURES) {
        attempt(&mut search, plan, &mut tried);
    }
    for (_, (_, plan)) in tried.clone().into_iter().take(TILED) {
        for plan in tiled(config, problem, plan) {
            attempt(&mut search, plan, &mut tried);
        }
    }
    tried.truncate(STRUCTURES);
    for (total, part) in tried {
        search.improve(vec![part], total);
    }
    search.budget = budget;
    while search.cut() {
        search.budget = budget;
    }
    search.budget = budget;
    search.polish();
    search.best
}

struct Search<'a> {
    config: &'a Config,
    memory: MemoryTiming,
    floor: u64,
    divide: bool,
    best: Option<Found>,
    /// Cycles that may still be simulated.
    budget: u64,
    /// What attempts have come to, by the hash of what was tried.
    known: HashMap<u64, Option<u64>>,
}

impl Search<'_> {
    /// The most promising structures, with boxes, and their lower bounds.
    fn ranked(&self, problem: &Problem, banks: [usize; 3], take: usize) -> Vec<(Work, Plan)> {
        let mut ranked: Vec<(Work, Plan)> = structures(self.config, problem, banks)
            .into_iter()
            .filter_map(|plan| self.sized(problem, plan))
            .filter_map(|plan| self.work(problem, plan))
            .collect();
        ranked.sort_by_key(|(work, _)| work.rank());
        ranked.truncate(take);
        ranked
    }

    fn work(&self, problem: &Problem, plan: Plan) -> Option<(Work, Plan)> {
        let part = (problem.clone(), plan);
        check_jobs(self.config, &part).ok()?;
        let commands = emit(self.config, std::slice::from_ref(&part), SAMPLE).ok()?;
        let work = Work::of(self.config, self.memory, &commands);
        let tiles = part.1.tiles(problem);
        Some((work.times(tiles as u64, SAMPLE.min(tiles) as u64), part.1))
    }

    fn emit(&self, parts: &[Part]) -> Result<Vec<Command>, Reject> {
        parts
            .iter()
            .try_for_each(|part| check_jobs(self.config, part))?;
        emit(self.config, parts, usize::MAX)
    }

    /// No more is to be gained, or no more may be spent.
    fn satisfied(&self) -> bool {
        let best = self.best.as_ref().map(|best| best.cost);
        best.is_some_and(|best| self.budget == 0 || best <= self.floor + self.floor / 100)
    }

    fn spend(&mut self, cycles: u64) {
        self.budget = self.budget.saturating_sub(cycles);
    }

    /// The cost of a mapping, or less; `None` if it is far from the best.
    fn attempt(&mut self, parts: &[Part]) -> Option<u64> {
        if self.satisfied() {
            return None;
        }
        let mut hasher = DefaultHasher::new();
        for (problem, plan) in parts {
            (problem.origin.as_slice(), plan).hash(&mut hasher);
            problem
                .axes
                .iter()
                .for_each(|axis| axis.size.hash(&mut hasher));
        }
        let name = hasher.finish();
        if let Some(&cost) = self.known.get(&name) {
            return cost;
        }
        let cost = self.simulate(parts);
        self.known.insert(name, cost);
        cost
    }

    /// Simulates a mapping, unless it cannot be the best.
    fn simulate(&mut self, parts: &[Part]) -> Option<u64> {
        let best = self.best.as_ref().map(|best| best.cost);
        let limit = best.unwrap_or(u64::MAX);
        let commands = self.emit(parts).ok()?;
        let words = commands.len() as u64;
        let work = Work::of(self.config, self.memory, &commands);
        if let Some(instructions) = work.engine() {
            self.spend(work.cycles() + 8 * words);
            if instructions < limit {
                let (commands, _) = by_start(self.config, self.memory, &commands, u64::MAX)?;
                self.best = Some(Found {
                    parts: parts.to_vec(),
                    cycles: predict(self.config, self.memory, &commands).ok()?,
                    commands,
                    cost: instructions,
                });
            }
            return Some(instructions);
        }
        if cost(work.cycles(), words) >= limit {
            return None;
        }
        // Mappings that are a little worse may still be improved to be the best.
        let patience = limit.saturating_add(limit / 8);
        let ordered = by_start(self.config, self.memory, &commands, patience);
        let simulated = ordered.as_ref().map_or(patience, |(_, cycles)| *cycles);
        self.spend(simulated.saturating_add(8 * words));
        let (commands, cycles) = ordered?;
        if cost(cycles, words) >= limit {
            return Some(cost(cycles, words));
        }
        let cycles = predict_within(self.config, self.memory, &commands, patience);
        self.spend(cycles.as_ref().map_or(patience, |cycles| cycles.total));
        let cycles = cycles?;
        let cost = cost(cycles.total, words);
        if cost < limit {
            self.best = Some(Found {
                parts: parts.to_vec(),
                commands,
                cycles,
                cost,
            });
        }
        Some(cost)
    }

    /// Changes one thing at a time for as long as that helps.
    fn improve(&mut self, mut parts: Vec<Part>, mut total: u64) {
        let (mut number, mut in_vain) = (0, 0);
        while in_vain < parts.len() {
            in_vain += 1;
            let (problem, plan) = parts[number].clone();
            let (config, divide, coarse) = (self.config, self.divide, total > 2 * self.floor);
            let moves = |plan: &Plan| neighbours(config, &problem, plan, divide, coarse);
            let mut next = moves(&plan);
            let mut index = 0;
            while index < next.len() {
                if self.satisfied() {
                    return;
                }
                let mut changed = parts.clone();
                changed[number].1 = next[index].clone();
                match self.attempt(&changed).filter(|found| *found < total) {
                    Some(found) => {
                        // What helped may help again.
                        next = moves(&next[index]);
                        (parts, total, in_vain) = (changed, found, 0);
                    }
                    None => index += 1,
                }
            }
            number = (number + 1) % parts.len();
        }
    }

    /// Improves the best mapping; then changes several things of it at once, as a seeded generator has it, and
    /// improves what comes out: a way out of a local optimum.
    fn polish(&mut self) {
        if let Some(best) = &self.best {
            self.improve(best.parts.clone(), best.cost);
        }
        let mut state = 1u32;
        let mut random = |below: usize| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as usize % below.max(1)
        };
        for _ in 0..KICKS {
            let Some(best) = self.best.as_ref().filter(|_| !self.satisfied()) else {
                return;
            };
            let mut parts = best.parts.clone();
            for _ in 0..2 + random(2) {
                let number = random(parts.len());
                let (problem, plan) = &parts[number];
                let mut next = neighbours(self.config, problem, plan, self.divide, false);
                if !next.is_empty() {
                    parts[number].1 = next.swap_remove(random(next.len()));
                }
            }
            if let Some(total) = self.attempt(&parts) {
                self.improve(parts, total);
            }
        }
    }

    /// Cuts the best mapping's first part in two where that helps; says whether it did.
    fn cut(&mut self) -> bool {
        let Some(best) = self.best.clone() else {
            return false;
        };
        if self.satisfied() {
            return false;
        }
        let before = best.cost;
        let (problem, plan) = &best.parts[0];
        let others = &best.parts[1..];
        let mut pairs = Vec::new();
        for (axis, at) in cut_points(self.config, problem) {
            let (large, small) = problem.cut(axis, at);
            let mut large_plans = self.ranked(&large, plan.banks, PARTS);
            let mut kept = plan.clone();
            for (len, axis) in kept.lens.iter_mut().zip(&large.axes) {
                *len = (*len).min(axis.size);
            }
            large_plans.extend(self.work(&large, kept));
            for (small_work, small_plan) in self.ranked(&small, plan.banks, PARTS) {
                for (large_work, large_plan) in &large_plans {
                    let mut parts = vec![(large.clone(), large_plan.clone())];
                    parts.extend(others.iter().cloned());
                    parts.push((small.clone(), small_plan.clone()));
                    pairs.push((large_work.and(&small_work).rank(), parts));
                }
            }
        }
        // The parts may share what they load: those that promise most are looked at together.
        pairs.sort_by_key(|(rank, _)| *rank);
        pairs.truncate(4 * PAIRS);
        for (rank, parts) in &mut pairs {
            if let Ok(commands) = self.emit(parts) {
                *rank = Work::of(self.config, self.memory, &commands).rank();
            }
        }
        pairs.sort_by_key(|(rank, _)| *rank);
        let mut tried: Vec<(u64, Vec<Part>)> = Vec::new();
        for (_, mut parts) in pairs.into_iter().take(PAIRS) {
            for share in [false, true] {
                if share {
                    for (_, plan) in &mut parts {
                        (plan.reach, plan.results) = ([Reach::Share; 2], Reach::Share);
                    }
                }
                for spread in [false, true] {
                    if let Some((_, plan)) = parts.last_mut() {
                        plan.spread = spread;
                    }
                    if let Some(total) = self.attempt(&parts) {
                        tried.push((total, parts.clone()));
                    }
                }
            }
        }
        tried.sort_by_key(|(total, _)| *total);
        for (total, parts) in tried.into_iter().take(3) {
            self.improve(parts, total);
        }
        let after = self.best.as_ref().map(|best| best.cost);
        after.is_some_and(|after| after < before)
    }

    /// Gives a structure boxes: grown axis by axis while a job fits and is not yet long.
    fn sized(&self, problem: &Problem, mut plan: Plan) -> Option<Plan> {
        let fits = |plan: &Plan| fits(self.config, &(problem.clone(), plan.clone())).is_ok();
        if !fits(&plan) {
            return None;
        }
        let size = |a: usize, plan: &Plan| problem.axes[a].size.div_ceil(plan.ways(a));
        let grow = |plan: &mut Plan, axis: usize, limit: usize| {
            let limit = limit.min(size(axis, plan));
            while plan.lens[axis] < limit {
                let old = plan.lens[axis];
                plan.lens[axis] = (2 * old).min(limit);
                if !fits(plan) {
                    plan.lens[axis] = old;
                    return;
                }
            }
        };
        if let Some(lane) = plan.lane {
            // A flit that takes several packets is used as often.
            let packets = self.config.flit / plan.packet_unit(self.config);
            grow(&mut plan, lane, self.config.lanes * packets);
        }
        if let Some(packet) = plan.packet {
            let unit = plan.packet_unit(self.config);
            grow(&mut plan, packet, unit);
        }
        let mut axes: Vec<usize> = (0..problem.axes.len()).collect();
        axes.sort_by_key(|&a| (!problem.axes[a].reduced, Some(a) != plan.byte));
        for &axis in &axes {
            let limit = if problem.axes[axis].reduced {
                usize::MAX
            } else {
                1
            };
            grow(&mut plan, axis, limit);
        }
        // Long enough that a job's commands are dispatched while the one before runs.
        let steps = |plan: &Plan| -> usize {
            (0..plan.lens.len())
                .filter(|&a| Some(a) != problem.half())
                .map(|a| match (Some(a) == plan.lane, Some(a) == plan.packet) {
                    (true, _) => plan.lens[a].div_ceil(self.config.lanes),
                    (_, true) => plan.lens[a].div_ceil(plan.packet_unit(self.config)),
                    _ => plan.lens[a],
                })
                .product()
        };
        let last_first = plan.order.iter().rev().copied().collect::<Vec<_>>();
        for axis in last_first {
            while steps(&plan) < 64 && plan.lens[axis] < size(axis, &plan) {
                let before = plan.lens[axis];
                grow(&mut plan, axis, 2 * before);
                if plan.lens[axis] == before {
                    break;
                }
            }
        }
        Some(plan)
    }
}

/// Refuses a mapping with so many small jobs that it could only be slow.
fn check_jobs(config: &Config, (problem, plan): &Part) -> Result<(), Reject> {
    let jobs: usize = (0..problem.axes.len())
        .map(|a| plan.jobs(problem, a))
        .product();
    let useful = problem.macs() / (16 * config.multipliers() as u64);
    match jobs > 4096 && jobs as u64 > useful {
        true => Err(Reject::Jobs),
        false => Ok(()),
    }
}
