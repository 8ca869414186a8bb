//! Text in columns.

use std::fmt::Write as _;

/// Rows as columns, two spaces apart, without spaces at the end of a line.
pub(super) fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            // Writing to a String cannot fail.
            let _infallible = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A title, and rows below it.
pub(super) fn section<const N: usize>(title: &str, rows: &[[String; N]]) -> String {
    let inner = aligned(rows);
    let lines = inner.lines().map(|line| format!("  {line}\n"));
    format!("\n{title}\n{}", lines.collect::<String>())
}
