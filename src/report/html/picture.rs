//! The tables that differ as a drawing, laid out by a library and drawn here: what it writes knows nothing of strangers' names.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use layout::core::base::Orientation;
use layout::core::format::{ClipHandle, RenderBackend};
use layout::core::geometry::Point;
use layout::core::style::StyleAttr;
use layout::std_shapes::shapes::{Arrow, Element, ShapeKind};
use layout::topo::layout::VisualGraph;

use super::document::{attribute, line};
use super::section;
use crate::report::drawing::{Drawing, State, Table};
use crate::report::visible_line;

/// What a letter takes, a line, and what stands around them.
const LETTER: f64 = 7.3;
const LINE: f64 = 18.0;
const PADDING: f64 = 10.0;
/// Longer names end in an ellipsis.
const LONGEST: usize = 44;

/// Where everything goes.
#[derive(Debug, Default)]
struct Places {
    /// Corner and size, by table.
    boxes: Vec<(Point, Point)>,
    /// The path of each tie, and whether its arrow is at the start.
    paths: Vec<(usize, String, bool)>,
    extent: (f64, f64),
}

/// Tables in `told` have a section of findings to link to.
pub(super) fn render(out: &mut String, drawing: &Drawing, told: &BTreeSet<&str>) {
    // What it asserts of graphs is its own business; a report without a picture is still a report.
    let Ok(places) = catch_unwind(AssertUnwindSafe(|| laid_out(drawing))) else {
        return;
    };
    if places.boxes.len() != drawing.tables.len() {
        return;
    }
    let (width, height) = (places.extent.0 + PADDING, places.extent.1 + PADDING);
    out.push_str("<h2 id=\"drawing\">What differs, and what it is tied to</h2>\n");
    out.push_str(
        "<p class=\"soft\">~ differs, − missing in live, + only live has it; a dashed line is a foreign key that one side alone has.</p>\n",
    );
    if drawing.left_out > 0 {
        let _ = writeln!(
            out,
            "<p>{} more tables differ and are not drawn.</p>",
            drawing.left_out
        );
    }
    let _ = writeln!(
        out,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Drawing\">\n\
         <svg class=\"drawing\" xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" role=\"group\" aria-label=\"Tables that differ, with their foreign keys\">\n\
         <defs><marker id=\"to\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto-start-reverse\"><path d=\"M0 0L10 5L0 10z\"/></marker></defs>"
    );
    for (index, path, starts) in &places.paths {
        let tie = &drawing.ties[*index];
        let marker = if *starts {
            "marker-start"
        } else {
            "marker-end"
        };
        let said = format!(
            "{}: {} refers to {}, {}",
            tie.name,
            tie.from,
            tie.to,
            tie.state.as_str()
        );
        let _ = writeln!(
            out,
            "<path class=\"{}\" d=\"{path}\" {marker}=\"url(#to)\"><title>{}</title></path>",
            tie.state.as_str(),
            line(&said)
        );
    }
    for (table, (corner, size)) in drawing.tables.iter().zip(&places.boxes) {
        draw(out, table, told.contains(&*table.name), *corner, *size);
    }
    out.push_str("</svg>\n</div>\n");
}

fn draw(out: &mut String, table: &Table, links: bool, corner: Point, size: Point) {
    let (state, name) = (table.state.as_str(), attribute(&table.name));
    if links {
        let _ = write!(
            out,
            "<a href=\"#{}\" aria-label=\"{name}: {state}\">",
            section(&table.name)
        );
    }
    let _ = write!(
        out,
        "<g class=\"{state}\"><title>{}: {state}</title><rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"5\"/>",
        line(&table.name),
        corner.x,
        corner.y,
        size.x,
        size.y
    );
    for (row, (state, class, words)) in rows(table).iter().enumerate() {
        // A table has few rows.
        let row = f64::from(u16::try_from(row).unwrap_or(u16::MAX));
        let (x, y) = (
            corner.x + PADDING,
            corner.y + PADDING + LINE * row + LINE * 0.7,
        );
        let _ = write!(
            out,
            "<g class=\"{}\"><text class=\"sign\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text><text class=\"{class}\" x=\"{:.1}\" y=\"{y:.1}\">{}</text></g>",
            state.as_str(),
            sign(*state),
            x + 2.0 * LETTER,
            line(words)
        );
    }
    out.push_str("</g>");
    out.push_str(if links { "</a>\n" } else { "\n" });
}

/// What is written in a table's box.
fn rows(table: &Table) -> Vec<(State, &'static str, String)> {
    let mut rows = vec![(table.state, "name", short(&table.name))];
    rows.extend(table.columns.iter().map(|column| {
        let key = if column.is_key { " ⚷" } else { "" };
        let words = format!("{} {}{key}", short(&column.name), short(&column.type_name));
        (column.state, "column", words)
    }));
    if table.more > 0 {
        rows.push((State::Same, "column", format!("… {} more", table.more)));
    }
    rows
}

fn sign(state: State) -> &'static str {
    match state {
        State::Same => "",
        State::Changed => "~",
        State::Unexpected => "+",
        State::Missing => "−",
    }
}

fn short(name: &str) -> String {
    let name = visible_line(name);
    match name.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name,
    }
}

fn laid_out(drawing: &Drawing) -> Places {
    let orientation = Orientation::LeftToRight;
    let mut graph = VisualGraph::new(orientation);
    let look = StyleAttr::simple();
    let nodes: Vec<_> = drawing
        .tables
        .iter()
        .enumerate()
        .map(|(index, table)| {
            let (width, height) = extent(table);
            let (shape, size) = (ShapeKind::new_box(""), Point::new(width, height));
            let element = Element::create_with_properties(
                shape,
                look.clone(),
                orientation,
                size,
                index.to_string(),
            );
            graph.add_node(element)
        })
        .collect();
    let place = |name: &str| drawing.tables.iter().position(|table| table.name == name);
    for (index, tie) in drawing.ties.iter().enumerate() {
        if let (Some(from), Some(to)) = (place(&tie.from), place(&tie.to)) {
            let arrow = Arrow::simple_with_properties("", index.to_string());
            graph.add_edge(arrow, nodes[from], nodes[to]);
        }
    }
    let mut places = Places::default();
    graph.do_it(false, false, false, &mut places);
    places
}

/// How many pixels a table takes.
fn extent(table: &Table) -> (f64, f64) {
    let rows = rows(table);
    let longest = rows.iter().map(|(_, _, words)| words.chars().count()).max();
    let letters = longest.unwrap_or_default() + 3;
    (
        float(letters) * LETTER + 2.0 * PADDING,
        float(rows.len()) * LINE + 2.0 * PADDING,
    )
}

/// Counts here are small.
fn float(count: usize) -> f64 {
    f64::from(u16::try_from(count).unwrap_or(u16::MAX))
}

impl Places {
    fn grow(&mut self, point: Point) {
        self.extent.0 = self.extent.0.max(point.x);
        self.extent.1 = self.extent.1.max(point.y);
    }
}

impl RenderBackend for Places {
    fn draw_rect(
        &mut self,
        xy: Point,
        size: Point,
        _: &StyleAttr,
        _: Option<String>,
        _: Option<ClipHandle>,
    ) {
        self.boxes.push((xy, size));
        self.grow(xy.add(size));
    }

    fn draw_line(&mut self, _: Point, _: Point, _: &StyleAttr, _: Option<String>) {}

    fn draw_circle(&mut self, _: Point, _: Point, _: &StyleAttr, _: Option<String>) {}

    fn draw_text(&mut self, _: Point, _: &str, _: &StyleAttr) {}

    /// The first pair is where it leaves and how, each other how it arrives and where.
    fn draw_arrow(
        &mut self,
        path: &[(Point, Point)],
        _: bool,
        head: (bool, bool),
        _: &StyleAttr,
        properties: Option<String>,
        _: &str,
    ) {
        let index = properties.and_then(|index| index.parse().ok());
        let (Some(index), [first, second, rest @ ..]) = (index, path) else {
            return;
        };
        for (one, other) in path {
            self.grow(*one);
            self.grow(*other);
        }
        let pair = |point: Point| format!("{:.1} {:.1}", point.x, point.y);
        let mut line = format!(
            "M{} C{},{},{}",
            pair(first.0),
            pair(first.1),
            pair(second.0),
            pair(second.1)
        );
        for (control, end) in rest {
            let _ = write!(line, " S{},{}", pair(*control), pair(*end));
        }
        self.paths.push((index, line, head.0));
    }

    fn create_clip(&mut self, _: Point, _: Point, _: usize) -> ClipHandle {
        0
    }
}
