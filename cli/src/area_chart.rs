//! The chart of `tcpu synth`: where the area goes, as bars.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::synth::Row;

/// Height of a module's bars, and of the space for title and axis.
const ROW: u32 = 24;
const FRAME: u32 = 98;
/// Width of the names, of the bars at 100 %, and of the blocks' numbers.
const NAMES: i32 = 230;
const BARS: f64 = 480.0;
const BLOCKS: i32 = 190;

const LUT: RGBColor = RGBColor(0x1f, 0x77, 0xb4);
const FF: RGBColor = RGBColor(0xff, 0x7f, 0x0e);
const GRID: RGBColor = RGBColor(0xbb, 0xbb, 0xbb);

/// Draws look-up tables and registers of each module as shares of the first, which has all others in it, and
/// the numbers of multipliers and block RAMs beside them; returns SVG.
///
/// # Errors
/// What the drawing library says.
pub fn bars(title: &str, rows: &[Row]) -> Result<String, String> {
    let mut svg = String::new();
    draw(&mut svg, title, rows).map_err(|error| error.to_string())?;
    Ok(svg)
}

fn draw(svg: &mut String, title: &str, rows: &[Row]) -> Result<(), Box<dyn std::error::Error>> {
    let height = FRAME + ROW * rows.len() as u32;
    let width = (NAMES + BLOCKS) as u32 + BARS as u32;
    let area = SVGBackend::with_string(svg, (width, height)).into_drawing_area();
    area.fill(&WHITE)?;
    let text = |size: i32| TextStyle::from(("sans-serif", size).into_font());
    let at = |h: HPos, size: i32| text(size).pos(Pos::new(h, VPos::Center));
    area.draw_text(title, &text(18), (12, 10))?;
    for (i, (colour, name)) in [(LUT, "LUT"), (FF, "FF")].into_iter().enumerate() {
        let x = NAMES + 80 * i as i32;
        area.draw(&Rectangle::new([(x, 36), (x + 10, 46)], colour.filled()))?;
        area.draw_text(name, &at(HPos::Left, 12), (x + 16, 41))?;
    }
    let bottom = (height - 38) as i32;
    for percent in (0..=100).step_by(20) {
        let x = NAMES + (BARS * f64::from(percent) / 100.0) as i32;
        area.draw(&PathElement::new([(x, 56), (x, bottom)], GRID.mix(0.5)))?;
        let label = format!("{percent} %");
        area.draw_text(&label, &at(HPos::Center, 12), (x, bottom + 10))?;
    }
    let all = |cells: fn(&Row) -> Option<u64>| {
        let first = rows.first().and_then(cells).unwrap_or(0);
        first.max(1) as f64
    };
    let (luts, ffs) = (all(|row| row.lut), all(|row| row.ff));
    for (i, row) in rows.iter().enumerate() {
        let top = 58 + (ROW * i as u32) as i32;
        let name = match row.instances {
            1 => row.module.clone(),
            n => format!("{n} x {}", row.module),
        };
        let left = 12 + 14 * row.depth as i32;
        area.draw_text(&name, &at(HPos::Left, 12), (left, top + 9))?;
        let bars = [(row.lut, luts, LUT), (row.ff, ffs, FF)];
        for (n, (cells, whole, colour)) in bars.into_iter().enumerate() {
            let cells = cells.unwrap_or(0);
            let right = NAMES + (BARS * cells as f64 / whole) as i32;
            let top = top + 9 * n as i32;
            let bar = Rectangle::new([(NAMES, top), (right, top + 8)], colour.filled());
            area.draw(&bar)?;
            let label = at(HPos::Left, 10);
            area.draw_text(&cells.to_string(), &label, (right + 4, top + 4))?;
        }
        let blocks = [(row.dsp, "DSP"), (row.bram, "BRAM")];
        let blocks = blocks.iter().filter(|(n, _)| *n > 0);
        let blocks: Vec<String> = blocks.map(|(n, kind)| format!("{n} {kind}")).collect();
        let right = width as i32 - 12;
        area.draw_text(&blocks.join(", "), &at(HPos::Right, 12), (right, top + 9))?;
    }
    let axis = "each module with all that is in it, as a share of the whole";
    area.draw_text(axis, &at(HPos::Left, 11), (NAMES, (height - 8) as i32))?;
    area.present()?;
    Ok(())
}
