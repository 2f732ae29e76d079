//! Matrices in text: separated by tabs, commas, semicolons or blanks, with or without names.

use super::connectome::{Connectome, ConnectomeError, MOST_PROBLEMS, Problem};

/// Reads a connectome from text. The first line may name the columns and the first field of each line its row; where
/// neither does, regions are called `region_1` and on. Lines that are empty or begin with `#` are skipped.
/// A matrix that would need more than `limit_bytes` is refused before it is read.
pub fn read_text(text: &str, limit_bytes: u64) -> Result<Connectome, ConnectomeError> {
    let table = Table::read(text, limit_bytes)?;
    let n = table.rows;
    let labels = table.labels.unwrap_or_else(|| (1..=n).map(|k| format!("region_{k}")).collect());
    Connectome::new(labels, table.numbers, None)
}

/// A square matrix of numbers and the names of its rows, if it has any.
pub(super) struct Table {
    pub(super) rows: usize,
    pub(super) numbers: Vec<f64>,
    pub(super) labels: Option<Vec<String>>,
}

impl Table {
    pub(super) fn read(text: &str, limit_bytes: u64) -> Result<Table, ConnectomeError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut lines =
            text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#')).peekable();
        let Some((_, first)) = lines.peek().copied() else {
            return Err(ConnectomeError(vec![Problem::new("no line with content", "give a square matrix as text")]));
        };
        let separator = ['\t', ';', ','].into_iter().find(|c| first.contains(*c));
        let headed = fields(first, separator).skip(1).any(|field| number(field).is_none());
        let mut header: Vec<String> = Vec::new();
        if headed {
            header = fields(first, separator).map(str::to_owned).collect();
            lines.next();
        }
        let Some((_, second)) = lines.peek().copied() else {
            return Err(ConnectomeError(vec![Problem::new("names but no numbers", "give one line per region")]));
        };
        let named = fields(second, separator).next().is_some_and(|field| number(field).is_none());
        let rows = fields(second, separator).count() - usize::from(named);
        Connectome::within(rows, limit_bytes)?;
        if headed && header.len() == rows + 1 {
            header.remove(0);
        }
        let mut problems = Vec::new();
        if headed && header.len() != rows {
            let what = format!("{} names over {rows} columns", header.len());
            problems.push(Problem::new(what, "name every column once"));
        }
        let mut numbers = Vec::with_capacity(rows * rows);
        let mut names = Vec::new();
        let mut count = 0;
        for (at, line) in lines {
            count += 1;
            let mut found = fields(line, separator);
            if named {
                let name = found.next().unwrap_or("").to_owned();
                if headed && header.get(count - 1).is_some_and(|column| *column != name) {
                    let what = format!("row `{name}` stands where column `{}` does", header[count - 1]);
                    problems.push(Problem::at(at + 1, 1, what, "give rows and columns in one order"));
                }
                names.push(name);
            }
            let before = numbers.len();
            for (k, field) in found.enumerate() {
                numbers.push(number(field).unwrap_or_else(|| {
                    let what = format!("`{field}` is no number");
                    problems.push(Problem::at(at + 1, k + 1 + usize::from(named), what, "use a point for decimals"));
                    0.0
                }));
            }
            let width = numbers.len() - before;
            if width != rows {
                let what = format!("{width} numbers, the first line has {rows}");
                problems.push(Problem::at(at + 1, None, what, "give every line one number per region"));
            }
            if count > rows || problems.len() >= MOST_PROBLEMS {
                break;
            }
        }
        if count != rows && problems.len() < MOST_PROBLEMS {
            let what = format!("{}{count} lines of {rows} numbers", if count > rows { "at least " } else { "" });
            problems.push(Problem::new(what, "give as many lines as columns"));
        }
        if !problems.is_empty() {
            problems.truncate(MOST_PROBLEMS);
            return Err(ConnectomeError(problems));
        }
        let labels = if named { Some(names) } else { headed.then_some(header) };
        Ok(Table { rows, numbers, labels })
    }
}

fn fields(line: &str, separator: Option<char>) -> impl Iterator<Item = &str> {
    let (by_mark, by_blank) = match separator {
        Some(mark) => (Some(line.split(mark)), None),
        None => (None, Some(line.split_whitespace())),
    };
    by_mark.into_iter().flatten().chain(by_blank.into_iter().flatten()).map(|field| field.trim().trim_matches('"'))
}

fn number(field: &str) -> Option<f64> {
    field.parse().ok()
}
