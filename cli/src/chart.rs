//! The chart of `tcpu bench`: fractions of the roofline as bars.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::bench::Row;

/// Height of a contraction's bars, and of the space for title and axis.
const ROW: u32 = 22;
const FRAME: u32 = 90;
/// Width of the names, and of the bars at 100 %.
const NAMES: i32 = 210;
const BARS: f64 = 560.0;

const OURS: RGBColor = RGBColor(0x1f, 0x77, 0xb4);
const THEIRS: RGBColor = RGBColor(0xbb, 0xbb, 0xbb);

/// Draws a bar per row, and beside it the one of Gemmini where there is one; returns SVG.
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
    let area = SVGBackend::with_string(svg, (NAMES as u32 + BARS as u32 + 70, height));
    let area = area.into_drawing_area();
    area.fill(&WHITE)?;
    let text = |size: i32| TextStyle::from(("sans-serif", size).into_font());
    let at = |h: HPos, size: i32| text(size).pos(Pos::new(h, VPos::Center));
    area.draw_text(title, &text(18), (12, 10))?;
    let compared = rows.iter().any(|row| row.gemmini_fraction.is_some());
    let theirs = compared.then_some((THEIRS, "Gemmini 16x16, same memory"));
    let legend = [(OURS, "tcpu")].into_iter().chain(theirs);
    for (i, (colour, name)) in legend.enumerate() {
        let x = NAMES + 150 * i as i32;
        area.draw(&Rectangle::new([(x, 36), (x + 10, 46)], colour.filled()))?;
        area.draw_text(name, &at(HPos::Left, 12), (x + 16, 41))?;
    }
    let bottom = (height - 30) as i32;
    for percent in (0..=100).step_by(20) {
        let x = NAMES + (BARS * f64::from(percent) / 100.0) as i32;
        area.draw(&PathElement::new([(x, 56), (x, bottom)], THEIRS.mix(0.5)))?;
        let label = format!("{percent} %");
        area.draw_text(&label, &at(HPos::Center, 12), (x, bottom + 12))?;
    }
    for (i, row) in rows.iter().enumerate() {
        let top = 58 + (ROW * i as u32) as i32;
        area.draw_text(&row.name, &at(HPos::Right, 12), (NAMES - 8, top + 9))?;
        let bar = |fraction: f64, top: i32, colour: RGBColor| {
            let right = NAMES + (BARS * fraction) as i32;
            Rectangle::new([(NAMES, top), (right, top + 8)], colour.filled())
        };
        area.draw(&bar(row.roofline_fraction, top, OURS))?;
        if let Some(fraction) = row.gemmini_fraction {
            area.draw(&bar(fraction, top + 9, THEIRS))?;
        }
        let label = format!("{:.0} %", 100.0 * row.roofline_fraction);
        let right = NAMES + (BARS * row.roofline_fraction) as i32 + 6;
        area.draw_text(&label, &at(HPos::Left, 11), (right, top + 5))?;
    }
    let axis =
        "share of the roofline: max(multiplies / multipliers, bytes / memory width) / cycles";
    area.draw_text(axis, &at(HPos::Left, 11), (NAMES, (height - 8) as i32))?;
    area.present()?;
    Ok(())
}
