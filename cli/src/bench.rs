//! `tcpu bench`: cycles of well-known contractions.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use comfy_table::{CellAlignment, Table};
use rayon::prelude::*;
use serde::Serialize;
use tcpu_compiler::{compile, Options};
use tcpu_isa::{Config, OutType};

use crate::error::Error;
use crate::output::{self, Sink};
use crate::{chart, MemoryArgs};

#[derive(Args)]
pub struct BenchArgs {
    /// Build of the machine.
    #[arg(long, default_value = "m256")]
    preset: String,
    /// The second operand (the weights) is int4.
    #[arg(long)]
    int4: bool,
    #[command(flatten)]
    memory: MemoryArgs,
    /// Draw a chart here (.svg).
    #[arg(long)]
    svg: Option<PathBuf>,
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
}

/// Matrix products (M, N, K) with the cycles that a 16x16 Gemmini with 256 multipliers took for them
/// on the same memory (16 bytes per cycle, 20 cycles of latency; measured for this project's first issue).
const MATMULS: [(usize, usize, usize, u64); 20] = [
    (16, 16, 16, 233),
    (32, 32, 32, 475),
    (64, 64, 64, 2064),
    (128, 128, 128, 9824),
    (256, 256, 256, 68988),
    (512, 512, 512, 536_457),
    (17, 17, 17, 461),
    (33, 65, 47, 1510),
    (100, 100, 100, 7231),
    (129, 129, 129, 13619),
    (1, 256, 256, 8340),
    (1, 1024, 1024, 91372),
    (4, 1024, 1024, 91465),
    (16, 1024, 1024, 92305),
    (128, 128, 8, 2302),
    (1024, 8, 128, 13506),
    (1024, 16, 16, 2271),
    (128, 64, 128, 6542),
    (32, 256, 256, 13802),
    (32, 896, 256, 33834),
];

/// Contractions that are no matrix products: (name, expression, shapes).
const OTHERS: [(&str, &str, &[&[usize]]); 10] = [
    (
        "batched matmul",
        "bij,bjk->bik",
        &[&[8, 64, 64], &[8, 64, 64]],
    ),
    (
        "attention scores",
        "bhqd,bhkd->bhqk",
        &[&[1, 4, 64, 64], &[1, 4, 64, 64]],
    ),
    (
        "attention values",
        "bhqk,bhkd->bhqd",
        &[&[1, 4, 64, 64], &[1, 4, 64, 64]],
    ),
    (
        "1x1 convolution",
        "b h w c, c k -> b h w k",
        &[&[1, 14, 14, 64], &[64, 64]],
    ),
    (
        "3x3 convolution",
        "b (h+r) (w+s) c, r s c k -> b h w k",
        &[&[1, 16, 16, 32], &[3, 3, 32, 32]],
    ),
    (
        "3x3 convolution, stride 2",
        "b (2h+r) (2w+s) c, r s c k -> b h w k",
        &[&[1, 17, 17, 32], &[3, 3, 32, 32]],
    ),
    (
        "depthwise 3x3",
        "b (h+r) (w+s) c, r s c -> b h w c",
        &[&[1, 16, 16, 32], &[3, 3, 32]],
    ),
    ("outer product", "i,j->ij", &[&[256], &[256]]),
    (
        "tensor network",
        "aib,bjc->aijc",
        &[&[16, 4, 32], &[32, 4, 16]],
    ),
    ("transposed product", "ji,kj->ik", &[&[64, 64], &[64, 64]]),
];

/// One contraction's figures.
#[derive(Serialize)]
pub struct Row {
    pub name: String,
    expression: String,
    shapes: Vec<Vec<usize>>,
    cycles: u64,
    /// Roofline divided by cycles.
    pub roofline_fraction: f64,
    gemmini_cycles: Option<u64>,
    /// The same for Gemmini.
    pub gemmini_fraction: Option<f64>,
}

/// Name, expression, shapes, Gemmini's cycles.
type Case = (String, &'static str, Vec<Vec<usize>>, Option<u64>);

/// Compiles one contraction.
fn row((name, expr, shapes, gemmini_cycles): &Case, options: &Options) -> Result<Row, Error> {
    let compiled = compile(expr, shapes, options)?;
    let (cycles, roofline) = (compiled.cycles.total, compiled.roofline.cycles());
    Ok(Row {
        name: name.clone(),
        expression: expr.to_string(),
        shapes: shapes.clone(),
        cycles,
        roofline_fraction: roofline / cycles as f64,
        gemmini_cycles: *gemmini_cycles,
        gemmini_fraction: gemmini_cycles.map(|g| roofline / g as f64),
    })
}

/// Prints the table. Cycles are those of the cycle model, int8 in and int8 out.
///
/// # Errors
/// A machine that does not exist.
pub fn bench(args: &BenchArgs) -> Result<(), Error> {
    let config = Config::preset(&args.preset)?;
    let memory = args.memory.for_build(&config)?;
    let sink = args.svg.as_deref().map(Sink::create).transpose()?;
    let title = format!(
        "tcpu {} ({} multipliers{})",
        config.name,
        config.multipliers(),
        if args.int4 { ", int4 weights" } else { "" }
    );
    let options = Options {
        config,
        memory,
        out: OutType::I8,
        mult: 1,
        shift: 8,
        int4: vec![false, args.int4],
    };
    let matmuls = MATMULS.iter().map(|&(m, n, k, gemmini)| {
        let shapes = vec![vec![m, k], vec![k, n]];
        // Gemmini's weights are int8.
        let gemmini = Some(gemmini).filter(|_| !args.int4);
        (format!("{m}, {n}, {k}"), "ij,jk->ik", shapes, gemmini)
    });
    let others = OTHERS.iter().map(|(name, expr, shapes)| {
        (
            name.to_string(),
            *expr,
            shapes.iter().map(|s| s.to_vec()).collect(),
            None,
        )
    });
    let cases: Vec<Case> = matmuls.chain(others).collect();
    let rows = cases.par_iter().map(|case| row(case, &options));
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    if let Some(sink) = sink {
        let svg = chart::bars(&title, &rows).map_err(Error::Chart)?;
        sink.write(|out| out.write_all(svg.as_bytes()))?;
    }
    output::say(&match args.json {
        true => serde_json::to_string_pretty(&rows).unwrap_or_default(),
        false => table(&rows),
    });
    Ok(())
}

/// The rows as a table, with the geometric mean of the matrix products.
fn table(rows: &[Row]) -> String {
    let percent = |x: f64| format!("{:.1} %", 100.0 * x);
    let compared = rows.iter().any(|row| row.gemmini_cycles.is_some());
    let mut table = Table::new();
    table.load_preset(comfy_table::presets::ASCII_MARKDOWN);
    let mut header = vec!["M, N, K or contraction", "cycles", "roofline"];
    if compared {
        header.extend(["Gemmini", "times faster"]);
    }
    table.set_header(header);
    for row in rows {
        let mut cells = vec![
            row.name.clone(),
            row.cycles.to_string(),
            percent(row.roofline_fraction),
        ];
        if let Some(gemmini) = row.gemmini_cycles {
            let faster = gemmini as f64 / row.cycles as f64;
            cells.extend([gemmini.to_string(), format!("{faster:.2}")]);
        }
        table.add_row(cells);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mean = |fraction: &dyn Fn(&Row) -> Option<f64>| {
        let fractions: Vec<f64> = rows[..MATMULS.len()].iter().filter_map(fraction).collect();
        let logs = fractions.iter().map(|f| f.ln()).sum::<f64>();
        percent((logs / fractions.len() as f64).exp())
    };
    let ours = mean(&|row| Some(row.roofline_fraction));
    let theirs = match compared {
        true => format!(" (Gemmini: {})", mean(&|row| row.gemmini_fraction)),
        false => String::new(),
    };
    format!("{table}\ngeometric mean of the matrix products: {ours} of the roofline{theirs}")
}
