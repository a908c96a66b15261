//! Recorded cases, as files of a folder: one per block and case.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::trace::Trace;

/// Why a case is not in its folder.
#[derive(Debug, Error)]
pub enum VectorError {
    #[error("{}: {error}", path.display())]
    File {
        path: PathBuf,
        error: std::io::Error,
    },
    #[error("{}: {error}", path.display())]
    Json {
        path: PathBuf,
        error: serde_json::Error,
    },
}

/// A case of a test.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recorded {
    pub test: String,
    pub trace: Trace,
}

fn file_error(path: &Path) -> impl FnOnce(std::io::Error) -> VectorError + '_ {
    move |error| VectorError::File {
        path: path.to_path_buf(),
        error,
    }
}

fn json_error(path: &Path) -> impl FnOnce(serde_json::Error) -> VectorError + '_ {
    move |error| VectorError::Json {
        path: path.to_path_buf(),
        error,
    }
}

/// Writes a case into the folder.
///
/// # Errors
/// A folder that cannot be written.
pub fn store(folder: &Path, test: &str, trace: &Trace) -> Result<(), VectorError> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    fs::create_dir_all(folder).map_err(file_error(folder))?;
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let path = folder.join(format!("{test}-{number}.json"));
    let recorded = Recorded {
        test: test.to_string(),
        trace: trace.clone(),
    };
    let text = serde_json::to_vec(&recorded).map_err(json_error(&path))?;
    fs::write(&path, text).map_err(file_error(&path))
}

/// Reads all cases of a folder, in the order of their names.
///
/// # Errors
/// A folder that cannot be read, or a file in it that is none of ours.
pub fn recorded(folder: &Path) -> Result<Vec<Recorded>, VectorError> {
    let entries = fs::read_dir(folder).map_err(file_error(folder))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let read = |path: &PathBuf| {
        let text = fs::read(path).map_err(file_error(path))?;
        serde_json::from_slice(&text).map_err(json_error(path))
    };
    paths.iter().map(read).collect()
}

/// A block, by its Verilog, with the tests that play it, and its cases.
#[derive(Clone, Debug)]
pub struct Design {
    pub tests: Vec<String>,
    pub traces: Vec<Trace>,
}

/// The cases by block. Of blocks that differ from case to case in a test, the one with most cycles stands for all.
pub fn designs(recorded: Vec<Recorded>) -> Vec<Design> {
    let mut designs: Vec<Design> = Vec::new();
    for Recorded { test, trace } in recorded {
        let same = |design: &&mut Design| design.traces[0].modules == trace.modules;
        match designs.iter_mut().find(same) {
            Some(design) => {
                if !design.tests.contains(&test) {
                    design.tests.push(test);
                }
                design.traces.push(trace);
            }
            None => designs.push(Design {
                tests: vec![test],
                traces: vec![trace],
            }),
        }
    }
    let cycles = |design: &Design| {
        let traces = design.traces.iter();
        traces.map(|trace| trace.cycles.len()).sum::<usize>()
    };
    designs.sort_by_key(|design| std::cmp::Reverse(cycles(design)));
    let mut kept: Vec<Design> = Vec::new();
    for design in designs {
        let known = |test: &String| kept.iter().any(|other| other.tests.contains(test));
        if !design.tests.iter().all(known) {
            kept.push(design);
        }
    }
    kept.sort_by_key(|design| design.tests.clone());
    kept
}
