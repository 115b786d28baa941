//! The access matrix as one HTML page: a heat table that print and colour-blind people can read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::access::{Cell, Matrix, Operation, Outcome};
use crate::report::html::{attribute, document, text};

/// Blue and orange of Okabe and Ito, told apart by everybody; each outcome also has a sign of its own.
pub(in crate::report) const STYLE: &str = include_str!("picture.css");

/// What the page that shows nothing else adds to it.
const ALONE: &str = "
:root { color-scheme: light dark; --line: #8884; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 1.5rem; }
h1 { font-size: 1.4rem; margin: 0 0 .3rem; }
p { max-width: 46rem; }
.scroll { overflow-x: auto; }
@media print { body { margin: 0; } }
";

const KEY: &str = "<ul class=\"key\">
<li><span class=\"own\">●</span> done, with their own</li>
<li><span class=\"others\">▲</span> done, with what is others'</li>
<li><span class=\"closed\">–</span> no row reached</li>
<li><span class=\"closed\">×</span> refused</li>
<li><span class=\"unproven\">?</span> not proven</li>
</ul>";

/// One self-contained page.
pub fn html(matrix: &Matrix) -> String {
    let title = "Who may do what";
    let body = format!("<h1>{title}</h1>\n{}", table(matrix));
    document(title, &format!("{ALONE}{STYLE}"), &body, "")
}

/// The matrix for a page that has a heading for it.
pub(in crate::report) fn table(matrix: &Matrix) -> String {
    let columns = columns(matrix);
    let mut objects: BTreeMap<&str, BTreeMap<(&str, Operation), &Cell>> = BTreeMap::new();
    for cell in &matrix.cells {
        let cells = objects.entry(&cell.object).or_default();
        cells.insert((&cell.actor, cell.operation), cell);
    }
    let mut page = format!(
        "<p>Found by trying, on a scratch filled with rows of two tenants. A cell says why when it is pointed at.</p>\n{KEY}\n\
         <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Who may do what\">\n<table class=\"heat\">\n"
    );
    head(&mut page, &columns);
    page.push_str("<tbody>\n");
    for (object, cells) in &objects {
        let _ = write!(page, "<tr><th scope=\"row\">{}</th>", text(object));
        for (actor, operations) in &columns {
            for (place, operation) in operations.iter().enumerate() {
                let first = if place == 0 { " first" } else { "" };
                page.push_str(&data(cells.get(&(*actor, *operation)).copied(), first));
            }
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody>\n</table>\n</div>\n");
    page
}

/// The operations of each actor, the ones with the least rights first.
fn columns(matrix: &Matrix) -> Vec<(&str, BTreeSet<Operation>)> {
    let mut columns: BTreeMap<&str, BTreeSet<Operation>> = BTreeMap::new();
    for cell in &matrix.cells {
        columns
            .entry(&cell.actor)
            .or_default()
            .insert(cell.operation);
    }
    let mut columns: Vec<_> = columns.into_iter().collect();
    columns.sort_by_key(|(actor, _)| super::rank(actor));
    columns
}

fn head(page: &mut String, columns: &[(&str, BTreeSet<Operation>)]) {
    page.push_str("<thead>\n<tr><td></td>");
    for (actor, operations) in columns {
        let actor = text(actor);
        let _ = write!(
            page,
            "<th class=\"first\" scope=\"colgroup\" colspan=\"{}\">{actor}</th>",
            operations.len()
        );
    }
    page.push_str("</tr>\n<tr><td></td>");
    for (_, operations) in columns {
        for (place, operation) in operations.iter().enumerate() {
            let first = if place == 0 { " first" } else { "" };
            let _ = write!(
                page,
                "<th class=\"operation{first}\" scope=\"col\">{}</th>",
                operation.as_str()
            );
        }
    }
    page.push_str("</tr>\n</thead>\n");
}

fn data(cell: Option<&Cell>, first: &str) -> String {
    let Some(cell) = cell else {
        return format!("<td class=\"{}\"></td>", first.trim());
    };
    let (class, sign) = match cell.outcome {
        Outcome::Allowed if cell.operation.is_for_others() => ("others", "▲"),
        Outcome::Allowed => ("own", "●"),
        Outcome::Filtered => ("closed", "–"),
        Outcome::Denied => ("closed", "×"),
        Outcome::Unproven => ("unproven", "?"),
    };
    let words = format!(
        "{}, {}: {}. {}",
        cell.actor,
        cell.operation.in_words(),
        cell.outcome.as_str(),
        cell.because
    );
    let words = attribute(&words);
    format!("<td class=\"{class}{first}\" title=\"{words}\">{sign}</td>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_become_markup() {
        let cell = Cell {
            object: "public.\"<script>alert(1)</script>\"".to_owned(),
            actor: "a\" onmouseover=\"x".to_owned(),
            operation: Operation::SelectOther,
            outcome: Outcome::Allowed,
            because: "policy \"<img src=x>\"".to_owned(),
        };
        let page = html(&Matrix::of(vec![cell]));
        assert!(
            !page.contains("<script>") && !page.contains("\" onmouseover=\"x\""),
            "{page}"
        );
        assert_eq!(page.matches("<td class=\"others first\"").count(), 1);
    }
}
