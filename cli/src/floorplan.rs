//! The floorplan of `tcpu bitstream`: which part of the design is where.

use std::collections::BTreeMap;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use tcpu_fpga::bitstream::Place;

/// Side of a tile, and of the space around all.
const TILE: u32 = 7;
const FRAME: u32 = 40;
/// Width of the legend, and height of a line of it.
const LEGEND: u32 = 170;
const LINE: u32 = 20;

/// Draws each tile in the colour of the part that has most cells in it, the fuller the stronger; returns SVG.
///
/// # Errors
/// What the drawing library says.
pub fn floorplan(title: &str, places: &[Place]) -> Result<String, String> {
    let mut svg = String::new();
    draw(&mut svg, title, places).map_err(|error| error.to_string())?;
    Ok(svg)
}

fn draw(svg: &mut String, title: &str, places: &[Place]) -> Result<(), Box<dyn std::error::Error>> {
    let mut parts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut tiles: BTreeMap<(u32, u32), BTreeMap<&str, usize>> = BTreeMap::new();
    for place in places {
        *parts.entry(&place.part).or_default() += 1;
        let tile = tiles.entry((place.x, place.y)).or_default();
        *tile.entry(&place.part).or_default() += 1;
    }
    let mut parts: Vec<(&str, usize)> = parts.into_iter().collect();
    parts.sort_by_key(|part| std::cmp::Reverse(part.1));
    let number = |name: &str| parts.iter().position(|part| part.0 == name);
    // Far apart on the circle of hues, also for neighbours in the list.
    let colour = |i: usize| HSLColor((i as f64 * 0.381_966) % 1.0, 0.65, 0.5);
    let side = |coordinate: fn(&Place) -> u32| places.iter().map(coordinate).max().unwrap_or(0) + 1;
    let width = side(|place| place.x) * TILE;
    let height = (side(|place| place.y) * TILE).max(parts.len() as u32 * LINE);
    let size = (width + LEGEND + 2 * FRAME, height + 2 * FRAME);
    let area = SVGBackend::with_string(svg, size).into_drawing_area();
    area.fill(&WHITE)?;
    let text = |size: i32| TextStyle::from(("sans-serif", size).into_font());
    area.draw_text(title, &text(16), (FRAME as i32, 12))?;
    let fullest = tiles.values().map(|tile| tile.values().sum()).max();
    let fullest = fullest.unwrap_or(1usize) as f64;
    for ((x, y), tile) in &tiles {
        let Some((part, _)) = tile.iter().max_by_key(|(_, cells)| **cells) else {
            continue;
        };
        let full = tile.values().sum::<usize>() as f64 / fullest;
        let colour = colour(number(part).unwrap_or(0)).mix(0.3 + 0.7 * full);
        let (x, y) = ((FRAME + x * TILE) as i32, (FRAME + y * TILE) as i32);
        let corner = (x + TILE as i32 - 1, y + TILE as i32 - 1);
        area.draw(&Rectangle::new([(x, y), corner], colour.filled()))?;
    }
    let left = (FRAME + width + 20) as i32;
    for (i, (part, cells)) in parts.iter().enumerate() {
        let y = (FRAME + LINE * i as u32) as i32;
        area.draw(&Rectangle::new(
            [(left, y), (left + 12, y + 12)],
            colour(i).filled(),
        ))?;
        let label = format!("{part}: {cells} cells");
        let at = text(12).pos(Pos::new(HPos::Left, VPos::Center));
        area.draw_text(&label, &at, (left + 20, y + 6))?;
    }
    area.present()?;
    Ok(())
}
